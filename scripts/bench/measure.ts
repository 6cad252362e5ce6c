import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import type { BenchServer } from './bench-server.ts';
import { BenchClient, type Sent } from './client.ts';

/** How long the client rests before each request that is timed, in milliseconds: the same for pings and for cancels. */
const IDLE_MS = 10;
/** How long a stream may stay open after its cancel before it counts as never ending, in milliseconds. */
const PATIENCE_MS = 1000;
/** How many sessions share what is sent at once, at most. */
const SESSIONS = 50;
/** No connection is given up, however long a call is open. */
const PATIENT = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 60_000 };

/** Requests that were sent one at a time: milliseconds, in the order in which they were sent. */
export interface Alone {
  /** From the ping to the end of its response. */
  ping: number[];
  /** From the cancel to the 202 for it. */
  accepted: number[];
  /** From the cancel to the end of the call's stream; empty where streams do not end. */
  ended: number[];
}

/** What was sent all at once. */
export interface Burst {
  /** Milliseconds from each request to its end. */
  took: number[];
  /** Requests per second, from the first one sent to the last end. */
  perSecond: number;
  /** Microseconds of the server's CPU time for each. */
  cpuMicroseconds: number;
}

/**
 * Times pings and cancels in turn, from the same state: one call is in flight, and nothing has been sent for a while.
 *
 * @param pairs how many of each
 * @throws Error where a call that was cancelled got another end than the error for it
 */
export async function measureAlone({ url }: BenchServer, pairs: number): Promise<Alone> {
  const agent = new Agent(PATIENT);
  const client = await BenchClient.open(url, agent);
  const times: Alone = { ping: [], accepted: [], ended: [] };
  let ends = true;
  for (let id = 1; id <= pairs; id++) {
    const call = client.call(id);
    await call.answered;
    await sleep(IDLE_MS);
    const ping = client.ping();
    times.ping.push((await ping.ended).at - ping.at);
    await sleep(IDLE_MS);
    const cancel = client.cancel(id);
    times.accepted.push((await cancel.ended).at - cancel.at);
    // Where streams do not end, the first one was enough to know it.
    if (!ends) continue;
    const end = await Promise.race([call.ended, sleep(PATIENCE_MS)]);
    ends = end !== undefined;
    if (end) times.ended.push(end.at - cancel.at);
    if (end && !end.body.includes('-32800')) throw new Error(`not the end of a cancelled call: ${end.body}`);
  }
  await client.end();
  await agent.destroy();
  return times;
}

/** Sends many pings at once. */
export async function measurePings(server: BenchServer, count: number): Promise<Burst> {
  const agent = new Agent({ ...PATIENT, connections: SESSIONS });
  const clients = await openAll(server, agent, count);
  const burst = await measureBurst(server, () =>
    Array.from({ length: count }, (_, i) => {
      const ping = (clients[i % clients.length] as BenchClient).ping();
      return { at: ping.at, ended: ping.ended.then(({ at }) => at) };
    }),
  );
  await Promise.all(clients.map((client) => client.end()));
  await agent.destroy();
  return burst;
}

/**
 * Starts many calls, and cancels all of them at once.
 *
 * @param around is given the burst of cancels to run
 */
export async function measureCancels(
  server: BenchServer,
  calls: number,
  around: (burst: () => Promise<Burst>) => Promise<Burst> = (burst) => burst(),
): Promise<Burst> {
  const cancels = new Agent({ ...PATIENT, connections: SESSIONS });
  const measured = await withCalls(server, calls, (running) =>
    around(() =>
      measureBurst(server, () =>
        running.map(({ id, client, call }) => {
          const cancel = client.cancel(id, cancels);
          return { at: cancel.at, ended: cancel.ended.then(() => call.ended).then(({ at }) => at) };
        }),
      ),
    ),
  );
  await cancels.destroy();
  return measured;
}

/**
 * Starts many calls, and asks what the server holds for each of them. To be done last: collecting all garbage also
 * throws away compiled code, and what is timed then is slow.
 *
 * @returns bytes
 */
export async function measureMemory(server: BenchServer, calls: number): Promise<number> {
  let before = 0;
  const opened = async () => {
    before = await server.ask('held');
  };
  const during = await withCalls(server, calls, () => server.ask('held'), opened);
  return (during - before) / calls;
}

/** Runs what is measured until it is compiled. */
export async function warmUp(server: BenchServer, calls: number, ends: boolean): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await measurePings(server, calls);
    if (ends) await measureCancels(server, calls);
  }
}

/** Has many calls in flight meanwhile, when their sessions have been opened. Afterwards their sessions are ended, and with them what is still open. */
async function withCalls<Result>(
  server: BenchServer,
  calls: number,
  then: (running: { id: number; client: BenchClient; call: Sent }[]) => Promise<Result>,
  opened: () => Promise<void> = async () => {},
): Promise<Result> {
  const agent = new Agent(PATIENT);
  const clients = await openAll(server, agent, calls);
  await opened();
  const running = Array.from({ length: calls }, (_, id) => {
    const client = clients[id % clients.length] as BenchClient;
    return { id, client, call: client.call(id) };
  });
  await Promise.all(running.map(({ call }) => call.answered));
  const result = await then(running);
  await Promise.all(clients.map((client) => client.end()));
  await agent.destroy();
  return result;
}

async function measureBurst(
  server: BenchServer,
  send: () => { at: number; ended: Promise<number> }[],
): Promise<Burst> {
  const cpu = await server.ask('cpu');
  const began = performance.now();
  const sent = send();
  const ends = await Promise.all(sent.map(({ ended }) => ended));
  const took = sent.map(({ at }, i) => (ends[i] as number) - at);
  const cpuMicroseconds = ((await server.ask('cpu')) - cpu) / sent.length;
  return { took, perSecond: (sent.length / (Math.max(...ends) - began)) * 1000, cpuMicroseconds };
}

function openAll({ url }: BenchServer, agent: Agent, needed: number): Promise<BenchClient[]> {
  const length = Math.min(SESSIONS, needed);
  return Promise.all(Array.from({ length }, () => BenchClient.open(url, agent)));
}
