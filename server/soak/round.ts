/** One round of the soak: many calls in flight in many sessions, all cancelled at once, and what everybody says of it. */

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { Agent } from 'undici';
import type { Config } from '../config.ts';
import { type Scrape, scrape } from '../scrape.ts';
import { type Exchange, type Message, TestClient } from '../testing.ts';

export const SESSIONS = 50;
const CALLS = 40;
export const IN_FLIGHT = SESSIONS * CALLS;
/** Calls of each session that complete by themselves before the others are cancelled. */
const COMPLETED = 10;

/** How many connections the cancels of a session share; each call in flight has one to itself. */
const CONNECTIONS = 4;

/** An exchange that has not ended by then, in milliseconds, is not going to. */
const PATIENCE_MS = 60_000;

const SHORT = { steps: 2, interval_ms: 1 };
/** Ticks of ten seconds, so that cancels are measured and not progress. */
const LONG = { steps: 10_000, interval_ms: 10_000 };

export interface Measured {
  /** Milliseconds from the cancel, all being handed over at once, to the end of the call's exchange. */
  p50: number;
  p99: number;
  max: number;
  cancelsPerSecond: number;
  /** Of the server's heap, for each call in flight with its exchange. */
  bytesPerCall: number;
}

/**
 * Runs one round. Afterwards its sessions and connections are closed.
 *
 * @param name begins every key, so that no round reads of another
 * @param heap tells how many bytes the server's heap has in use
 * @throws AssertionError where client, witness and metrics do not agree, or an exchange does not end as the mode says
 */
export async function round(
  url: string,
  { cancelReply, responseMode }: Pick<Config, 'cancelReply' | 'responseMode'>,
  name: string,
  heap: () => Promise<number>,
): Promise<Measured> {
  const before = await scrape(url);
  const users = Array.from({ length: SESSIONS }, () => userOf(url));
  await every(users, 1, async (user) => {
    await user.initialize();
  });

  await every(users, COMPLETED, async (user, key, i) => {
    const answer = await user.call(i, 'slow', { ...SHORT, key: `${name} short ${key}` }).answer();
    assert.equal(answer.result?.content[0].text, 'completed 2 steps');
  });

  const empty = await heap();
  const exchanges: Exchange[][] = [];
  for (const [u, user] of users.entries()) {
    exchanges.push(
      Array.from({ length: CALLS }, (_, i) => user.call(i, 'slow', { ...LONG, key: `${name} ${u}-${i}` })),
    );
    // One session after the other, as a server's queue of new connections is short.
    const late = performance.now() + PATIENCE_MS;
    while ((await inFlight(url)) < (u + 1) * CALLS) {
      for (const exchange of exchanges[u] ?? [])
        if (!exchange.open) assert.fail(`A call ended at once: ${JSON.stringify(await exchange.ended)}`);
      assert.ok(performance.now() < late, 'The calls of a session did not begin');
    }
  }
  const bytesPerCall = (await heap()) - empty;

  const cancelling = users.map((user) => beside(url, user));
  await every(cancelling, CONNECTIONS, async (user, _key, id) => {
    await user.post({ jsonrpc: '2.0', id: `connect ${id}`, method: 'ping' }).ended;
  });
  const began = performance.now();
  const took: number[] = [];
  await every(cancelling, CALLS, async (user, _key, i, u) => {
    const exchange = exchanges[u]?.[i];
    const [cancel] = await Promise.all([
      user.cancel(i, name),
      exchange?.ended.then(() => took.push(performance.now() - began)),
    ]);
    assert.equal(cancel.status, 202);
    endedAs(cancelReply, responseMode, exchange as Exchange, i, name);
  });
  const seconds = (performance.now() - began) / 1000;

  const asking = users.map((user) => beside(url, user));
  await every(asking, CALLS, async (user, key) => {
    const state = await user.seen(`${name} ${key}`, ({ handler }) => handler === 'ended');
    const { call, reason, cancelled, finished, cleaned_up } = state;
    const expected = { call: 'cancelled', reason: name, cancelled: 1, finished: 0, cleaned_up: true };
    assert.deepEqual({ call, reason, cancelled, finished, cleaned_up }, expected);
  });
  await every(asking, COMPLETED, async (user, key) => {
    const { call, cancelled, finished } = await user.state(`${name} short ${key}`);
    assert.deepEqual({ call, cancelled, finished }, { call: 'completed', cancelled: 0, finished: 1 });
  });
  agrees(before, await scrape(url));

  await every(users, 1, async (user) => assert.equal((await user.delete()).status, 200));
  await Promise.all([...users, ...cancelling, ...asking].map((user) => user.close()));
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.ceil(share * took.length) - 1] ?? Number.NaN;
  return {
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    cancelsPerSecond: IN_FLIGHT / seconds,
    bytesPerCall: bytesPerCall / IN_FLIGHT,
  };
}

/** A connection for each of its requests: one that was idle may be closed just when it is used again. */
function userOf(url: string): TestClient {
  return new TestClient(url, undefined, new Agent({ pipelining: 0 }));
}

/** The same session on a few connections, for many requests one after the other. */
function beside(url: string, { session }: TestClient): TestClient {
  const user = new TestClient(url, undefined, new Agent({ connections: CONNECTIONS }));
  user.session = session;
  return user;
}

/**
 * So many things of each session, all at once.
 *
 * @throws AssertionError when something of it still waits after PATIENCE_MS
 */
async function every(
  users: TestClient[],
  count: number,
  what: (user: TestClient, key: string, i: number, u: number) => Promise<void>,
): Promise<void> {
  let open = users.length * count;
  const each = (user: TestClient, u: number) =>
    Array.from({ length: count }, async (_, i) => {
      await what(user, `${u}-${i}`, i, u);
      open -= 1;
    });
  const late = setTimeout(PATIENCE_MS, 'late', { ref: false });
  if ((await Promise.race([Promise.all(users.flatMap(each)), late])) === 'late')
    assert.fail(`${open} of ${users.length * count} exchanges were left open`);
}

async function inFlight(url: string): Promise<number> {
  const health = (await (await fetch(new URL('/healthz', url))).json()) as Message;
  return health.calls_in_flight;
}

function endedAs(
  cancelReply: string,
  responseMode: string,
  { status, messages }: Exchange,
  id: number,
  reason: string,
): void {
  const answers = messages.filter((message) => 'id' in message);
  const error = { code: -32800, message: 'Request cancelled', data: { reason } };
  assert.deepEqual(answers, cancelReply === 'none' ? [] : [{ jsonrpc: '2.0', id, error }]);
  assert.equal(status, cancelReply === 'none' && responseMode === 'json' ? 202 : 200);
}

/** The metrics count what the client saw. */
function agrees(before: Scrape, after: Scrape): void {
  const grown = (name: string, labels: Record<string, string> = {}) =>
    after.sum(name, labels) - before.sum(name, labels);
  const counted = {
    cancelled: grown('mcp_calls_settled_total', { tool: 'slow', outcome: 'cancelled', cause: 'client' }),
    completed: grown('mcp_calls_settled_total', { tool: 'slow', outcome: 'completed' }),
    started: grown('mcp_calls_started_total', { tool: 'slow' }),
    ended: grown('mcp_cancel_to_handler_end_seconds_count', { tool: 'slow' }),
    answered: grown('mcp_cancel_to_exchange_end_seconds_count'),
    ignored: grown('mcp_cancels_ignored_total'),
    sessions: grown('mcp_sessions_opened_total'),
    left: after.sum('mcp_calls_in_flight') + after.sum('mcp_handlers_running'),
  };
  const completed = SESSIONS * COMPLETED;
  assert.deepEqual(counted, {
    cancelled: IN_FLIGHT,
    completed,
    started: IN_FLIGHT + completed,
    ended: IN_FLIGHT,
    answered: IN_FLIGHT,
    ignored: 0,
    sessions: SESSIONS,
    left: 0,
  });
}
