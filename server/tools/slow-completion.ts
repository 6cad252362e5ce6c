import type { Witness } from '../witness.ts';
import { tick } from './slow.ts';
import { paceAsText } from './slow-prompt.ts';
import type { Completion } from './tool.ts';

/** A completion that takes as long as it is told to: of the argument `key` of the prompt `slow_prompt`. */
export const slowCompletion = (witness: Witness): Completion<typeof paceAsText> => ({
  name: 'slow_prompt key',
  input: paceAsText,
  listing: null,

  args({ ref, argument, context }) {
    const ours = ref.type === 'ref/prompt' && ref.name === 'slow_prompt' && argument.name === 'key';
    // The other arguments say how long it takes; a client that gives none only wants a completion.
    return ours && context?.arguments ? { ...context.arguments, key: argument.value } : undefined;
  },

  async handler(args, call) {
    await tick(witness, args, call);
    return { completion: { values: [args.key], hasMore: false } };
  },
});
