/** The server of the soak, a process of its own so that its memory is nobody else's: main.ts, and what it holds. */

import { setTimeout } from 'node:timers/promises';

/** What is in use when everything that could be freed is freed. */
export interface Holding {
  /** Bytes. */
  heap: number;
  /** Each connection, timer and so on; files are not told. */
  handles: string[];
}

process.on('message', async () => {
  // Twice, as what waits for a turn of its own to be let go of is freed the second time.
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.();
    await setTimeout(20);
  }
  const holding: Holding = {
    heap: process.memoryUsage().heapUsed,
    handles: process
      .getActiveResourcesInfo()
      .filter((name) => !name.startsWith('FS'))
      .sort(),
  };
  process.send?.(holding);
});

await import('../main.ts');
