/**
 * Broken: a cancelled call works on to its end, because its loop never looks at its signal.
 *
 * The SDK then drops the result, and never ends the stream.
 */

import { setTimeout } from 'node:timers/promises';
import { bareServer, runIfMain } from './bare.ts';

export const start = bareServer('ignores-cancel', async ({ steps, intervalMs, tick }) => {
  for (let step = 1; step <= steps; step++) {
    await setTimeout(intervalMs, undefined, { ref: false });
    tick();
  }
});

await runIfMain(import.meta.url, start);
