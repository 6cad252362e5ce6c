import { z } from 'zod';
import type { Witness } from '../witness.ts';
import { pace, tick } from './slow.ts';
import { defineTool, result, ToolError } from './tool.ts';

/** A call that lets its client go and come back: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server */
export const poll = (witness: Witness) =>
  defineTool({
    name: 'poll',
    title: 'Tick while nobody is connected',
    description:
      'Closes the connection as soon as it runs, then ticks like `slow`. The client comes back with Last-Event-ID for what it missed. Needs revision 2025-11-25 and SSE.',
    input: z.strictObject(pace),
    output: z.object({ key: z.string(), steps: z.int().nonnegative() }),
    annotations: { readOnlyHint: true, openWorldHint: false },

    async handler(args, call, { disconnect }) {
      if (!disconnect)
        throw new ToolError(
          'Cannot close the connection: this needs revision 2025-11-25 and RESPONSE_MODE=sse.',
        );
      disconnect();
      await tick(witness, args, call);
      return result(`completed ${args.steps} steps`, { key: args.key, steps: args.steps });
    },
  });
