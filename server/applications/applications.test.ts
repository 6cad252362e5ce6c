import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ended } from '../testing.ts';
import { begin, inspect, inspected, LONG, SHORT, type Started, startApplications, TOOLS } from './testing.ts';

/** What the lesson promises. */
const MAX_CANCEL_MS = 1000;

let server: Started;
beforeAll(async () => {
  server = await startApplications();
});
afterAll(() => server.close());

/** What the resource of a finished call says, beside that it has finished and that nothing is left. */
const FINISHED: Record<string, object> = {
  query_database: { next_query: 'answered', connections: 0 },
  train_model: { worker: 'exited' },
  call_api: { upstream: 'answered', upstream_open: 0 },
  process_batch: { total: 5, done: 5, in_flight: 0, never_started: 0, kept: 5 },
  run_agent: { branches: 'query_database train_model call_api process_batch', question: 'none' },
};

/** What the resource of a cancelled call says, beside that it has stopped and that nothing is left. */
const STOPPED: Record<string, [told: RegExp, facts: object]> = {
  query_database: [/^INTERRUPT Error: Interrupted!/, { next_query: 'answered', connections: 0 }],
  train_model: [/^the thread exited with code 1$/, { worker: 'exited' }],
  call_api: [/^disconnected after \d+ lines$/, { upstream: 'disconnected', upstream_open: 0 }],
  process_batch: [/^\d+ lines in /, { total: 10_000, in_flight: 0 }],
  run_agent: [
    /query_database stopped: INTERRUPT.*; train_model stopped: .*; call_api stopped: disconnected.*; process_batch stopped: /,
    { branches: 'query_database train_model call_api process_batch', question: 'none' },
  ],
};

test('the tools are these', async () => {
  const { result } = await server.client.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }).answer();
  const names = result.tools.map(({ name }: { name: string }) => name);
  expect(names).toEqual([...TOOLS, 'slow', 'quick', 'state', 'list_calls', 'inspect']);
});

describe.each(TOOLS)('%s', (tool) => {
  test('does its work', async () => {
    const { client } = server;
    const key = `${tool}-short`;
    const call = client.call(key, tool, { ...SHORT[tool], key });
    const { result } = await call.answer();
    expect(result.isError, JSON.stringify(result)).toBeUndefined();
    expect(call.messages.some(({ method }) => method === 'notifications/progress')).toBe(true);
    expect(await client.state(key)).toMatchObject({ call: 'completed', finished: 1, cleaned_up: true });
    const found = await inspected(client, key, ({ left }) => left === 0);
    expect(found).toMatchObject({ tool, work: 'finished', stop_ms: null, facts: FINISHED[tool] });
  });

  test('stops when it is cancelled, says the handler, says the resource', async () => {
    const { client } = server;
    const call = await begin(client, tool);
    expect(await inspect(client, tool)).toMatchObject({ tool, work: 'running', stop_ms: null });
    await client.cancel(tool, 'enough');
    await ended(call);
    expect((await call.answer()).error).toMatchObject({ code: -32800, data: { reason: 'enough' } });
    const found = await inspected(client, tool, ({ work, left }) => work !== 'running' && left === 0);
    const seen = await client.seen(tool, ({ handler }) => handler === 'ended');

    const [told, facts] = STOPPED[tool] ?? [];
    expect(found).toMatchObject({ work: 'stopped', told: expect.stringMatching(told ?? ''), facts });
    expect(found.stop_ms).toBeGreaterThan(0);
    expect(found.stop_ms).toBeLessThan(MAX_CANCEL_MS);
    expect(seen.cancel_ms).toBeLessThan(MAX_CANCEL_MS);
    expect(seen).toMatchObject({ call: 'cancelled', cancelled: 1, finished: 0, cleaned_up: true });
    expect(call.messages.filter(({ error }) => error)).toHaveLength(1);
  });

  test('one call is cancelled, another one goes on', async () => {
    const { client } = server;
    const [first, second] = [await begin(client, tool, `${tool}-1`), await begin(client, tool, `${tool}-2`)];
    await client.cancel(`${tool}-1`);
    await ended(first);
    await inspected(client, `${tool}-1`, ({ work, left }) => work === 'stopped' && left === 0);
    const { ticks } = await client.state(`${tool}-2`);
    await client.seen(`${tool}-2`, (state) => state.ticks > ticks);
    expect(second.open).toBe(true);
    expect(await inspect(client, `${tool}-2`)).toMatchObject({ work: 'running' });
    await client.cancel(`${tool}-2`);
    await inspected(client, `${tool}-2`, ({ work, left }) => work === 'stopped' && left === 0);
  });
});

test.each(TOOLS)('%s stops, even if it has hardly begun', async (tool) => {
  const { client } = server;
  const key = `${tool}-early`;
  const call = client.call(key, tool, { ...LONG[tool], key });
  await call.started();
  await client.cancel(key);
  await ended(call);
  const found = await inspected(client, key, ({ work, left }) => work !== 'running' && left === 0);
  expect(found.work).toBe('stopped');
  expect(await client.seen(key, ({ handler }) => handler === 'ended')).toMatchObject({
    cancelled: 1,
    finished: 0,
  });
});

test('what a cancelled query leaves is an answer to the next one on its connection, as often as one likes', async () => {
  const { client } = server;
  for (let n = 0; n < 10; n++) {
    const key = `again-${n}`;
    const call = client.call(key, 'query_database', { query: 'distance_histogram', key });
    await call.started();
    // Beside the engine's own beginning, at which it forgets an interrupt.
    await client.cancel(key);
    const found = await inspected(client, key, ({ left }) => left === 0);
    expect(found).toMatchObject({ work: 'stopped', facts: { next_query: 'answered' } });
  }
});

test('while a thread trains, the event loop is free; when it is gone, so is its CPU time', async () => {
  const { client } = server;
  await begin(client, 'train_model', 'cpu');
  const busy = (await inspect(client, 'cpu')).facts;
  await client.cancel('cpu');
  const idle = (await inspected(client, 'cpu', ({ left }) => left === 0)).facts;
  expect(busy.worker).toBe('running');
  // Other work of the machine may leave a thread little of it.
  expect(idle.cpu_ms).toBeLessThan(busy.cpu_ms);
  expect(idle.loop_delay_ms).toBeLessThan(500);
});

test('what a cancelled batch has done is kept, and adds up with what it has not', async () => {
  const { client } = server;
  await begin(client, 'process_batch', 'kept');
  await client.cancel('kept');
  const { facts } = await inspected(client, 'kept', ({ left }) => left === 0);
  expect(facts.done).toBeGreaterThan(0);
  expect(facts.kept).toBe(facts.done);
  expect(facts.done + facts.in_flight + facts.never_started).toBe(10_000);
  expect((await client.state('kept')).ticks).toBe(facts.done);
});

test('a key that was never used is refused', async () => {
  const { result } = await server.client.tool('inspect', { key: 'nobody' });
  expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching('nobody') }] });
});
