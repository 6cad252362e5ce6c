/** Measures how soon the database and the threads stop: `node --import tsx server/applications/measure.ts`. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from './database.ts';
import { BODIES } from './queries.ts';
import { Trainer } from './trainer.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'mcp-measure-'));
const database = await Database.open(dataDir);
const trainer = new Trainer();

/** Runs it so often, one after the other, and prints how many milliseconds it says it took. Of fewer than 100, p99 would be the worst. */
async function measure(what: string, times: number, once: () => Promise<number>): Promise<void> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) took.push(await once());
  took.sort((a, b) => a - b);
  // The nearest rank.
  const at = (percent: number) => took[Math.ceil((times * percent) / 100) - 1]?.toFixed(1).padStart(8);
  const high = times < 100 ? 90 : 99;
  console.log(`${what.padEnd(60)} n ${times}  p50 ${at(50)}  p${high} ${at(high)}  worst ${at(100)} ms`);
}

async function interruptAfter(ms: number): Promise<number> {
  const connection = await database.take();
  const cancel = new AbortController();
  const query = database.query(connection, 'closest_pairs', BODIES, cancel.signal);
  const interrupted = query.catch((error: Error) => {
    if (!error.message.startsWith('INTERRUPT')) throw error;
  });
  if (ms) await sleep(ms);
  const start = performance.now();
  cancel.abort();
  await interrupted;
  const took = performance.now() - start;
  database.give(connection);
  return took;
}

async function endThread(): Promise<number> {
  const cancel = new AbortController();
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const training = trainer.train({ epochs: 10_000, samples: 5000 }, cancel.signal, () => begin());
  await begun;
  const start = performance.now();
  cancel.abort();
  await training.exited();
  training.close();
  return performance.now() - start;
}

async function readBeside(): Promise<number> {
  const start = performance.now();
  await readFile(import.meta.filename);
  return performance.now() - start;
}

await measure('a query interrupted in the moment it was sent off', 100, () => interruptAfter(0));
await measure('a query interrupted while it runs', 100, () => interruptAfter(20 + 100 * Math.random()));
await measure('a thread ended while it trains', 50, endThread);

const cancel = new AbortController();
const connections = [await database.take(), await database.take()];
const queries = connections.map((connection) =>
  database.query(connection, 'closest_pairs', BODIES, cancel.signal).catch(() => {}),
);
await sleep(300);
await measure('a file read beside two queries', 200, readBeside);
cancel.abort();
await Promise.all(queries);
await trainer.close();
await database.close();
await rm(dataDir, { recursive: true });
