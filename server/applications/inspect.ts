import { z } from 'zod';
import { key } from '../tools/key.ts';
import { defineTool, result, ToolError } from '../tools/tool.ts';
import { type Evidence, Finding } from './evidence.ts';

/** The second opinion: not what a handler wrote of its work, but what the resource says that did it. */
export const inspect = (evidence: Evidence) =>
  defineTool({
    name: 'inspect',
    title: 'Ask the resource',
    description:
      'Asks what really did the work of a call (the database, the thread, the upstream, the output), by the `key` the call was given: whether it still works, what it said, and what is left. Answers in any session, while the call runs and after it.',
    input: z.strictObject({ key: key.describe('the key the call was given') }),
    output: Finding,
    annotations: { readOnlyHint: true, openWorldHint: false },

    async handler({ key }) {
      const found = await evidence.inspect(key);
      if (!found) throw new ToolError(`No call with key ${JSON.stringify(key)} has been seen.`);
      return result(JSON.stringify(found), found);
    },
  });
