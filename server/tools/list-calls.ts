import { z } from 'zod';
import { defineTool, result } from './tool.ts';

const Listed = z.object({
  calls: z.array(
    z.object({
      id: z.union([z.string(), z.number()]).describe('the JSON-RPC id, with its JSON type'),
      tool: z.string().describe('the tool or prompt, or the template of the resource'),
      started_at: z.string().describe('ISO 8601'),
    }),
  ),
});

/** What a session could cancel now. Other sessions' calls are none of its business. */
export const listCalls = () =>
  defineTool({
    name: 'list_calls',
    title: 'List the calls in flight',
    description: 'Lists the other calls in flight in this session.',
    input: z.strictObject({}),
    output: Listed,
    annotations: { readOnlyHint: true, openWorldHint: false },

    async handler(_args, call, caller) {
      const others = caller.calls().filter(({ id }) => id !== call.id);
      const calls = others.map(({ id, tool, startedAt }) => ({
        id,
        tool,
        started_at: new Date(startedAt).toISOString(),
      }));
      return result(JSON.stringify({ calls }), { calls });
    },
  });
