import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { Witness } from '../witness.ts';
import { key } from './key.ts';
import { defineTool, result, type ToolCall } from './tool.ts';

/** The arguments of everything that ticks. */
export const pace = {
  key: key.describe('by which `state` tells of this call'),
  steps: z.int().min(1).max(100_000).describe('how many ticks'),
  interval_ms: z.int().min(1).max(60_000).describe('milliseconds from tick to tick'),
};

/** A call of any length that does nothing but tick: what the suite cancels. */
export const slow = (witness: Witness) =>
  defineTool({
    name: 'slow',
    title: 'Tick slowly',
    description:
      'Ticks `steps` times, once every `interval_ms` milliseconds, and reports progress. Can be cancelled.',
    input: z.strictObject(pace),
    output: z.object({ key: z.string(), steps: z.int().nonnegative() }),
    annotations: { readOnlyHint: true, openWorldHint: false },

    async handler({ key, steps, interval_ms }, call) {
      await tick(witness, { key, steps, interval_ms }, call);
      return result(`completed ${steps} steps`, { key, steps });
    },
  });

/**
 * Ticks until it is done or cancelled.
 *
 * @throws AbortError when it was cancelled
 */
export async function tick(
  witness: Witness,
  { key, steps, interval_ms }: { key: string; steps: number; interval_ms: number },
  call: ToolCall,
): Promise<void> {
  const seen = witness.open(key, call.record, steps);
  call.defer(() => {
    seen.cleaned_up = true;
  });
  call.log('info', 'started');
  try {
    for (let step = 1; step <= steps; step++) {
      await setTimeout(interval_ms, undefined, { signal: call.signal });
      seen.ticks = step;
      call.progress(step, steps, `Step ${step} of ${steps}`);
    }
  } catch (error) {
    if (call.cancelled) seen.cancelled += 1;
    throw error;
  }
  seen.finished += 1;
}
