import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startTemporary } from './temporary.ts';
import { handles, leftovers, type Message, NOTHING, startServer, TestClient } from './testing.ts';
import type { ToolCall } from './tools/tool.ts';

/** The witness needs neither a call nor a caller. */
const nobody: Message = {};

test('a thousand calls, all cancelled, leave nothing behind', async () => {
  const before = handles();
  const server = await startServer();
  const clients = await Promise.all(Array.from({ length: 10 }, () => TestClient.open(server.url)));
  const sessions = clients.map(({ session }) => server.sessions.find(String(session)));
  let cancelled = 0;
  for (let batch = 0; batch < 10; batch++) {
    await Promise.all(
      clients.map(async (client, c) => {
        const calls = Array.from({ length: 10 }, (_, i) => {
          const id = batch * 10 + i;
          const key = `${c}-${id}`;
          return { id, exchange: client.call(id, 'slow', { key, steps: 10_000, interval_ms: 2 + (i % 5) }) };
        });
        await Promise.all(calls.map(({ exchange }) => exchange.started()));
        await Promise.all(calls.map(({ id }) => client.cancel(id, `batch ${batch}`)));
        for (const { id, exchange } of calls) {
          const answers = (await exchange.ended).filter((message) => 'id' in message);
          expect(answers).toMatchObject([
            { id, error: { code: -32800, data: { reason: `batch ${batch}` } } },
          ]);
          cancelled++;
        }
      }),
    );
  }
  expect(cancelled).toBe(1000);
  for (const session of sessions) expect(leftovers(session)).toEqual(NOTHING);
  await Promise.all(sessions.map((session) => session?.calls.idle()));

  const keys = clients.flatMap((_, c) => Array.from({ length: 100 }, (_, id) => `${c}-${id}`));
  const states = await Promise.all(keys.map((key) => (clients[0] as TestClient).state(key)));
  for (const state of states) {
    expect(state).toMatchObject({
      call: 'cancelled',
      handler: 'ended',
      cancelled: 1,
      finished: 0,
      cleaned_up: true,
    });
  }

  await Promise.all(clients.map((client) => client.delete()));
  expect(server.sessions.size).toBe(0);
  await Promise.all(clients.map((client) => client.close()));
  await server.close();
  await expect.poll(handles).toEqual(before);
});

test('close cancels and answers what is in flight, and waits for its cleanup', async () => {
  const server = await startServer();
  const client = await TestClient.open(server.url);
  const session: Message = server.sessions.find(String(client.session));
  const calls = [1, 2, 3].map((id) =>
    client.call(id, 'slow', { key: `${id}`, steps: 1000, interval_ms: 60 }),
  );
  await Promise.all(calls.map((call) => call.started()));
  // A standalone stream is no exchange of a call: it only has to end.
  const stream = client.post(undefined, {}, 'GET');
  await expect.poll(() => leftovers(session).streams).toBe(4);

  let cleaned = false;
  const nowhere = { progress() {}, log() {}, serverLog() {} };
  const tidy = session.calls.start('tidy', 'test', nowhere, async (call: ToolCall) => {
    call.defer(async () => {
      await setTimeout(100);
      cleaned = true;
    });
    await setTimeout(60_000, undefined, { signal: call.signal });
  });
  tidy.catch(() => {});

  const began = performance.now();
  await server.close('testing');
  expect(performance.now() - began).toBeLessThan(1000);
  expect(cleaned).toBe(true);
  for (const call of calls) {
    expect((await call.answer()).error).toEqual({
      code: -32800,
      message: 'Request cancelled',
      data: { reason: 'testing' },
    });
  }
  await stream.ended;
  expect(leftovers(session)).toEqual(NOTHING);
  await client.close();
});

test('close frees what the tools share, when their handlers have ended', async () => {
  let freed: Message;
  const server = await startTemporary({}, pino({ level: 'silent' }), (offer) => ({
    ...offer,
    close: async () => {
      freed = await offer.tools.find(({ name }) => name === 'state')?.handler({ key: 'k' }, nobody, nobody);
    },
  }));
  const client = await TestClient.open(server.url);
  const call = client.call(1, 'slow', { key: 'k', steps: 1000, interval_ms: 60 });
  await call.started();
  await server.close();
  expect(freed.structuredContent).toMatchObject({ call: 'cancelled', handler: 'ended' });
  await call.ended;
  await client.close();
});

test('a call of a client that hung up runs to its end, and then leaves nothing behind', async () => {
  const server = await startServer();
  const client = await TestClient.open(server.url);
  const session: Message = server.sessions.find(String(client.session));
  const call = client.call(1, 'slow', { key: 'gone', steps: 50, interval_ms: 2 });
  await call.started();
  call.hangUp();
  await expect(call.ended).rejects.toThrow();
  const state = await client.seen('gone', ({ handler }) => handler === 'ended');
  expect(state).toMatchObject({ call: 'completed', ticks: 50, finished: 1, cancelled: 0 });
  expect(leftovers(session)).toEqual(NOTHING);
  await client.close();
  await server.close();
});
