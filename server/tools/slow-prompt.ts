import { z } from 'zod';
import type { Witness } from '../witness.ts';
import { pace, tick } from './slow.ts';
import type { Prompt } from './tool.ts';

/** Numbers out of text, for what can only be given text. */
export const paceAsText = z.strictObject({
  key: pace.key,
  steps: z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(pace.steps),
  interval_ms: z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(pace.interval_ms),
});

/** A prompt that takes as long as it is told to. */
export const slowPrompt = (witness: Witness): Prompt<typeof paceAsText> => ({
  name: 'slow_prompt',
  input: paceAsText,
  listing: {
    name: 'slow_prompt',
    title: 'A slow prompt',
    description: 'Ticks like the tool `slow` before it answers. Can be cancelled.',
    arguments: [
      { name: 'key', description: 'by which `state` tells of this call', required: true },
      { name: 'steps', description: 'how many ticks', required: true },
      { name: 'interval_ms', description: 'milliseconds from tick to tick', required: true },
    ],
  },

  async handler(args, call) {
    await tick(witness, args, call);
    return { messages: [{ role: 'user', content: { type: 'text', text: `completed ${args.steps} steps` } }] };
  },
});
