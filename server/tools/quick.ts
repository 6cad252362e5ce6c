import { z } from 'zod';
import { defineTool, result } from './tool.ts';

/** A call that is over before a cancel can reach it. */
export const quick = () =>
  defineTool({
    name: 'quick',
    title: 'Answer at once',
    description: 'Answers at once with the text it was given.',
    input: z.strictObject({ text: z.string().describe('what to answer') }),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },

    async handler({ text }) {
      return result(text);
    },
  });
