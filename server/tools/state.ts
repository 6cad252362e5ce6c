import { z } from 'zod';
import { State, type Witness } from '../witness.ts';
import { key } from './key.ts';
import { defineTool, result, ToolError } from './tool.ts';

/** The witness as a tool: what a call's handler really did, told to any session. */
export const state = (witness: Witness) =>
  defineTool({
    name: 'state',
    title: 'What a call really did',
    description:
      'Tells what the handler of a call really did, by the `key` the call was given. Answers in any session, while the call runs and after it.',
    input: z.strictObject({ key: key.describe('the key the call was given') }),
    output: State,
    annotations: { readOnlyHint: true, openWorldHint: false },

    async handler({ key }) {
      const seen = witness.read(key);
      if (!seen) throw new ToolError(`No call with key ${JSON.stringify(key)} has been seen.`);
      return result(JSON.stringify(seen), seen);
    },
  });
