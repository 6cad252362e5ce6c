/**
 * Hours of use in a minute: `npm run soak`. 20,000 short calls, half of them cancelled, in 200 sessions that come
 * and go. Ends with 1 if anything grew with them. Modes as in CANCEL_REPLY and RESPONSE_MODE.
 */

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readConfig } from './config.ts';
import { handles, leftovers, type Message, NOTHING, startServer, TestClient } from './testing.ts';

const SESSIONS = 200;
const AT_A_TIME = 4;
const BATCHES = 10;
/** Of each ten calls, those with an even number are cancelled. */
const TEN = Array.from({ length: 10 }, (_, i) => i);
/** The heap settles after some 400 sessions, half a megabyte higher. A record left of each call would be megabytes. */
const MAY_GROW = 1_000_000;

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

const { cancelReply, responseMode } = readConfig(process.env);
const before = handles();
const server = await startServer({ cancelReply, responseMode });
let cancelled = 0;

/** One client from its first request to its last. */
async function use(name: string): Promise<void> {
  const client = await TestClient.open(server.url);
  const session: Message = server.sessions.find(String(client.session));
  for (let batch = 0; batch < BATCHES; batch++) {
    const idOf = (i: number) => 10 * batch + i;
    const calls = TEN.map((i) => {
      const args = { key: `${name}-${i}`, steps: i % 2 ? 2 : 10_000, interval_ms: 1 };
      return client.call(idOf(i), 'slow', args);
    });
    // An early cancel means nothing; a call that ended by itself is told below.
    while (TEN.some((i) => i % 2 === 0 && calls[i]?.open && !session.calls.has(idOf(i)))) await setTimeout(1);
    await Promise.all(TEN.filter((i) => i % 2 === 0).map((i) => client.cancel(idOf(i))));
    for (const [i, call] of calls.entries()) {
      const answer = (await call.ended).find((message) => 'id' in message);
      const expected = i % 2 ? undefined : cancelReply === 'error' ? -32800 : 'no answer';
      assert.equal(answer ? answer.error?.code : 'no answer', expected);
      if (i % 2 === 0) cancelled++;
    }
  }
  const left = leftovers(session);
  // But for typescript-sdk#2559.
  assert.deepEqual(responseMode === 'json' ? { ...left, streams: 0 } : left, NOTHING);
  await client.delete();
  await client.close();
  server.lines.length = 0;
}

async function round(name: string, sessions: number): Promise<void> {
  const lanes = Array.from({ length: AT_A_TIME }, async (_, lane) => {
    for (let i = lane; i < sessions; i += AT_A_TIME) await use(`${name}-${i}`);
  });
  await Promise.all(lanes);
}

/** What is in use when everything that could be freed is freed. */
async function heap(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    gc();
    await setTimeout(20);
  }
  return process.memoryUsage().heapUsed;
}

// Fills what is bounded, such as the witness with its 1,000 keys, and compiles what will be compiled.
await round('warm', 120);
const used = await heap();
cancelled = 0;
const began = performance.now();
await round('soak', SESSIONS);
const seconds = (performance.now() - began) / 1000;
const grown = (await heap()) - used;
assert.equal(cancelled, (SESSIONS * BATCHES * TEN.length) / 2);
assert.equal(server.sessions.size, 0);
assert.ok(grown < MAY_GROW, `the heap grew by ${grown} bytes`);
await server.close();
for (let waited = 0; String(handles()) !== String(before) && waited < 5000; waited += 10)
  await setTimeout(10);
assert.deepEqual(handles(), before);
console.log(
  JSON.stringify({ cancelReply, responseMode, calls: 2 * cancelled, cancelled, seconds, heap: used, grown }),
);
