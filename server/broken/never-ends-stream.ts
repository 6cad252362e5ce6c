/**
 * Broken: a cancelled call stops, but its stream stays open for good.
 *
 * It is what the SDK does if left alone: the tool does everything right.
 */

import { setTimeout } from 'node:timers/promises';
import { bareServer, runIfMain } from './bare.ts';

export const start = bareServer('never-ends-stream', async ({ steps, intervalMs, signal, tick }) => {
  for (let step = 1; step <= steps; step++) {
    await setTimeout(intervalMs, undefined, { ref: false, signal });
    tick();
  }
});

await runIfMain(import.meta.url, start);
