import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { Witness } from '../witness.ts';
import { pace } from './slow.ts';
import { defineTool, result } from './tool.ts';

/** Work that nothing can interrupt, like a driver without a cancel: its caller is let go, and it works on. */
export const stubborn = (witness: Witness) =>
  defineTool({
    name: 'stubborn',
    title: 'Tick, whatever happens',
    description:
      'Ticks like `slow`, but cannot be interrupted: when it is cancelled its caller is answered at once, and `state` tells that the handler still runs.',
    input: z.strictObject(pace),
    output: z.object({ key: z.string(), steps: z.int().nonnegative() }),
    annotations: { readOnlyHint: true, openWorldHint: false },

    async handler({ key, steps, interval_ms }, call) {
      const seen = witness.open(key, call.record, steps);
      call.defer(() => {
        seen.cleaned_up = true;
      });
      call.log('info', 'started');
      for (let step = 1; step <= steps; step++) {
        await setTimeout(interval_ms);
        seen.ticks = step;
        call.progress(step, steps, `Step ${step} of ${steps}`);
      }
      seen.finished += 1;
      return result(`completed ${steps} steps`, { key, steps });
    },
  });
