import { CreateMessageResultSchema, ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Witness } from '../witness.ts';
import { key } from './key.ts';
import { defineTool, result, ToolError } from './tool.ts';

const QUESTION = 'What shall I do next?';

/** A call that waits for its client. A cancel ends the wait, and withdraws the question. */
export const ask = (witness: Witness) =>
  defineTool({
    name: 'ask',
    title: 'Ask the client',
    description:
      'Asks the client a question, by sampling if it offers that, else by elicitation, and answers with what it said. Can be cancelled while it waits.',
    input: z.strictObject({ key: key.describe('by which `state` tells of this call') }),
    output: z.object({ key: z.string(), answer: z.record(z.string(), z.unknown()) }),
    annotations: { readOnlyHint: true, openWorldHint: false },

    async handler({ key }, call, { capabilities, request }) {
      if (!request)
        throw new ToolError('Cannot ask: with RESPONSE_MODE=json a call has no stream to ask on.');
      if (!capabilities.sampling && !capabilities.elicitation)
        throw new ToolError('Cannot ask: the client offers neither sampling nor elicitation.');
      const seen = witness.open(key, call.record, 1);
      call.defer(() => {
        seen.cleaned_up = true;
      });
      call.log('info', 'started');
      try {
        const answer = capabilities.sampling
          ? await request(
              {
                method: 'sampling/createMessage',
                params: {
                  messages: [{ role: 'user', content: { type: 'text', text: QUESTION } }],
                  maxTokens: 100,
                },
              },
              CreateMessageResultSchema,
              call.signal,
            )
          : await request(
              {
                method: 'elicitation/create',
                params: {
                  message: QUESTION,
                  requestedSchema: { type: 'object', properties: { answer: { type: 'string' } } },
                },
              },
              ElicitResultSchema,
              call.signal,
            );
        seen.ticks = 1;
        seen.finished += 1;
        return result('The client answered', { key, answer });
      } catch (error) {
        if (call.cancelled) seen.cancelled += 1;
        throw error;
      }
    },
  });
