/** What holds in every pair of CANCEL_REPLY and RESPONSE_MODE. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ended,
  leftovers,
  type Message,
  NOTHING,
  startServer,
  TestClient,
  type TestServer,
} from './testing.ts';

const MODES = [
  { cancelReply: 'error', responseMode: 'sse' },
  { cancelReply: 'none', responseMode: 'sse' },
  { cancelReply: 'error', responseMode: 'json' },
  { cancelReply: 'none', responseMode: 'json' },
] as const;

const IDS = [0, '', 7, '7', -1, 2 ** 53 - 1, 'ключ 🛑'];

const slow = (id: unknown, key: string, steps = 10_000) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'slow', arguments: { key, steps, interval_ms: 5 } },
});

describe.each(MODES)('CANCEL_REPLY=$cancelReply RESPONSE_MODE=$responseMode', (mode) => {
  let server: TestServer;
  let client: TestClient;
  let keys = 0;
  const newKey = () => `key-${++keys}`;
  const sse = mode.responseMode === 'sse';

  beforeAll(async () => {
    server = await startServer(mode);
    client = await TestClient.open(server.url);
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const sessionOf = (who: TestClient): Message => server.sessions.find(String(who.session));

  /** Nothing is remembered of any call, but for typescript-sdk#2559: an entry for each completed POST in JSON mode. */
  const expectNothingLeft = (who: TestClient) => {
    const left = leftovers(sessionOf(who));
    expect({ ...left, streams: sse ? left.streams : 0 }).toEqual(NOTHING);
  };

  /** The cancelled call's exchange has ended, and brought what it should. */
  const expectCancelled = (exchange: Message, id: unknown, reason: string | null) => {
    const answers = exchange.messages.filter((message: Message) => 'id' in message);
    if (mode.cancelReply === 'error') {
      const error = { code: -32800, message: 'Request cancelled', data: { reason } };
      expect([exchange.status, answers]).toEqual([200, [{ jsonrpc: '2.0', id, error }]]);
    } else {
      expect([exchange.status, answers]).toEqual([sse ? 200 : 202, []]);
    }
    if (!sse) expect(exchange.messages).toEqual(answers);
  };

  test.each(IDS)('id %j: cancelled, ended, nothing left', async (id) => {
    const [key, beside] = [newKey(), newKey()];
    const call = client.post(slow(id, key));
    const other = client.post(slow('beside', beside));
    await client.running(key);
    await client.running(beside);
    const cancel = await client.cancel(id, 'why');
    expect([cancel.status, cancel.messages]).toEqual([202, []]);
    await ended(call);
    expectCancelled(call, id, 'why');
    const state = await client.seen(key, ({ handler }) => handler === 'ended');
    expect(state).toMatchObject({
      call: 'cancelled',
      cancelled: 1,
      finished: 0,
      cleaned_up: true,
      reason: 'why',
    });
    expect(other.open).toBe(true);
    await client.cancel('beside');
    await ended(other);
    expectNothingLeft(client);
  });

  test('$/cancelRequest cancels just so', async () => {
    const key = newKey();
    const call = client.post(slow(8, key));
    await client.running(key);
    const dollar = (params: unknown) => client.post({ jsonrpc: '2.0', method: '$/cancelRequest', params });
    for (const nothing of [undefined, 'text', {}, { id: '8' }, { id: null }, { requestId: 8 }]) {
      const ignored = dollar(nothing);
      expect(await ignored.ended).toEqual([]);
      expect(ignored.status).toBe(202);
    }
    expect(call.open).toBe(true);
    const cancel = dollar({ id: 8 });
    expect(await cancel.ended).toEqual([]);
    expect(cancel.status).toBe(202);
    await ended(call);
    expectCancelled(call, 8, null);
    expectNothingLeft(client);
  });

  test('$/cancelRequest as a request is -32601 and cancels nothing', async () => {
    const key = newKey();
    const call = client.post(slow(9, key));
    await client.running(key);
    const request = { jsonrpc: '2.0', id: 10, method: '$/cancelRequest', params: { id: 9 } };
    expect(await client.post(request).answer()).toMatchObject({ id: 10, error: { code: -32601 } });
    expect(call.open).toBe(true);
    await client.cancel(9);
    await ended(call);
  });

  test('a prompt and a resource are cancelled like a tool', async () => {
    const [prompt, resource] = [newKey(), newKey()];
    const calls = [
      client.post({
        jsonrpc: '2.0',
        id: 'prompt',
        method: 'prompts/get',
        params: { name: 'slow_prompt', arguments: { key: prompt, steps: '10000', interval_ms: '5' } },
      }),
      client.post({
        jsonrpc: '2.0',
        id: 'resource',
        method: 'resources/read',
        params: { uri: `slow://${resource}?steps=10000&interval_ms=5` },
      }),
    ];
    for (const key of [prompt, resource]) await client.running(key);
    for (const [index, id] of ['prompt', 'resource'].entries()) {
      await client.cancel(id, 'enough');
      await ended(calls[index]);
      expectCancelled(calls[index], id, 'enough');
    }
    for (const key of [prompt, resource]) {
      const state = await client.seen(key, ({ handler }) => handler === 'ended');
      expect(state).toMatchObject({ call: 'cancelled', cancelled: 1, finished: 0, cleaned_up: true });
    }
    expectNothingLeft(client);
  });

  test('a stubborn call: its exchange ends at once, its late result goes nowhere', async () => {
    const key = newKey();
    const call = client.call('stubborn', 'stubborn', { key, steps: 60, interval_ms: 10 });
    await client.running(key);
    await client.cancel('stubborn', 'now');
    await ended(call);
    expectCancelled(call, 'stubborn', 'now');
    expect(await client.state(key)).toMatchObject({ call: 'cancelled', handler: 'running', cancel_ms: null });
    const state = await client.seen(key, ({ handler }) => handler === 'ended');
    expect(state).toMatchObject({
      call: 'cancelled',
      ticks: 60,
      finished: 1,
      cancelled: 0,
      cleaned_up: true,
    });
    expectNothingLeft(client);
  });

  test('a second request with an id in flight is 409, and the first one untouched', async () => {
    const key = newKey();
    const call = client.post(slow('taken', key));
    await client.running(key);
    for (const method of ['ping', 'tools/list', 'prompts/get']) {
      const second = client.post({ jsonrpc: '2.0', id: 'taken', method });
      expect(await second.answer()).toMatchObject({ id: 'taken', error: { code: -32600 } });
      expect(second.status).toBe(409);
    }
    expect(call.open).toBe(true);
    await client.cancel('taken', 'why');
    await ended(call);
    expectCancelled(call, 'taken', 'why');
    expectNothingLeft(client);
  });

  test('initialize cannot be cancelled', async () => {
    const fresh = new TestClient(server.url);
    const { result } = await fresh.initialize();
    expect(result.capabilities.experimental).toEqual({ '$/cancelRequest': {} });
    expect((await fresh.cancel('init')).status).toBe(202);
    expect(await fresh.post({ jsonrpc: '2.0', id: 'init', method: 'ping' }).answer()).toMatchObject({
      result: {},
    });
    await fresh.close();
  });

  test.each(['first', 'last', 'both'])(
    'a batch: cancelling the %s never costs a sibling the answer',
    async (which) => {
      const fresh = await TestClient.open(server.url, '2025-03-26');
      const [first, last] = [newKey(), newKey()];
      const steps = (name: string) => (which === name || which === 'both' ? 10_000 : 30);
      const batch = fresh.post([
        slow(1, first, steps('first')),
        { jsonrpc: '2.0', id: 2, method: 'ping' },
        slow('1', last, steps('last')),
      ]);
      await Promise.all([first, last].map((key) => fresh.running(key)));
      if (which !== 'last') await fresh.cancel(1);
      if (which !== 'first') await fresh.cancel('1');
      await ended(batch);
      const answers = batch.messages.flat().filter((message) => 'id' in message);
      const told = answers.map(({ id, error, result }) => [id, error?.code ?? (result && 'result')]);
      const cancelled = which === 'both' ? [1, '1'] : which === 'first' ? [1] : ['1'];
      const expected = [1, 2, '1']
        .map((id) => [id, cancelled.includes(id) ? -32800 : 'result'])
        .filter(([, end]) => mode.cancelReply === 'error' || end === 'result');
      expect(told.map(String).sort()).toEqual(expected.map(String).sort());
      expect(batch.status).toBe(200);
      if (!sse) expect(Array.isArray(batch.messages[0])).toBe(true);
      expectNothingLeft(fresh);
      await fresh.close();
    },
  );

  test('a batch that is cancelled whole', async () => {
    const fresh = await TestClient.open(server.url, '2025-03-26');
    const keys = [newKey(), newKey()];
    const batch = fresh.post(keys.map((key, id) => slow(id, key)));
    await Promise.all(keys.map((key) => fresh.running(key)));
    const cancel = (requestId: number) => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId },
    });
    const cancels = fresh.post([cancel(0), cancel(1), { ...cancel(2), params: 'nothing' }]);
    expect(await cancels.ended).toEqual([]);
    expect(cancels.status).toBe(202);
    await ended(batch);
    const answers = batch.messages.flat().filter((message) => 'id' in message);
    expect(answers).toHaveLength(mode.cancelReply === 'error' ? 2 : 0);
    expect(batch.status).toBe(mode.cancelReply === 'none' && !sse ? 202 : 200);
    expectNothingLeft(fresh);
    await fresh.close();
  });

  test('a cancel in the same batch counts behind its call, and not before it', async () => {
    const fresh = await TestClient.open(server.url, '2025-03-26');
    const keys = [newKey(), newKey()];
    const cancel = (requestId: number) => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId },
    });
    const batch = fresh.post([
      cancel(1),
      slow(1, keys[0] ?? '', 2),
      slow(2, keys[1] ?? '', 10_000),
      cancel(2),
    ]);
    await ended(batch);
    const answers = batch.messages.flat().filter((message) => 'id' in message);
    const told = answers.map(({ id, error }) => [id, error?.code ?? 'result']);
    expect(told.map(String).sort()).toEqual(
      mode.cancelReply === 'error' ? ['1,result', '2,-32800'] : ['1,result'],
    );
    expectNothingLeft(fresh);
    await fresh.close();
  });

  test('an id that is twice in a batch, or in flight, is 409, and nothing of the batch runs', async () => {
    const fresh = await TestClient.open(server.url, '2025-03-26');
    const [key, never] = [newKey(), newKey()];
    const call = fresh.post(slow(1, key));
    await fresh.running(key);
    for (const batch of [
      [slow(2, never), slow(2, never)],
      [slow(2, never), slow(1, never)],
    ]) {
      const refused = fresh.post(batch);
      expect(await refused.answer()).toMatchObject({ id: batch[1]?.id, error: { code: -32600 } });
      expect(refused.status).toBe(409);
    }
    expect((await fresh.tool('state', { key: never })).result.isError).toBe(true);
    expect(call.open).toBe(true);
    await fresh.cancel(1);
    await ended(call);
    expectNothingLeft(fresh);
    await fresh.close();
  });

  test('arrays in later revisions, and empty ones, are 400', async () => {
    for (const [revision, batch] of [
      ['2025-06-18', [slow(1, 'never')]],
      ['2025-11-25', [slow(1, 'never')]],
      ['2025-11-25', []],
      ['2025-03-26', []],
    ] as const) {
      const fresh = await TestClient.open(server.url, revision);
      const refused = fresh.post(batch);
      expect(await refused.answer()).toMatchObject({ id: null, error: { code: -32600 } });
      expect(refused.status).toBe(400);
      await fresh.close();
    }
  });

  test('DELETE answers every open exchange with a reason', async () => {
    for (const revision of ['2025-03-26', '2025-06-18', '2025-11-25']) {
      const fresh = await TestClient.open(server.url, revision);
      const session = sessionOf(fresh);
      const keys = [newKey(), newKey()];
      const calls = keys.map((key, id) => fresh.post(slow(id, key)));
      await Promise.all(keys.map((key) => fresh.running(key)));
      expect((await fresh.delete()).status).toBe(200);
      for (const [id, call] of calls.entries()) {
        const data = { reason: 'The session was ended by DELETE' };
        expect(await call.answer()).toMatchObject({ id, error: { code: -32800, data } });
        expect(call.status).toBe(200);
      }
      const left = leftovers(session);
      expect({ ...left, streams: 0 }).toEqual(NOTHING);
      const after = fresh.post({ jsonrpc: '2.0', id: 1, method: 'ping' });
      await after.ended;
      expect(after.status).toBe(404);
      for (const key of keys) await client.seen(key, ({ handler }) => handler === 'ended');
      await fresh.close();
    }
  });

  test('shutdown answers every open exchange with a reason', async () => {
    const other = await startServer(mode);
    const fresh = await TestClient.open(other.url, '2025-06-18');
    const call = fresh.post(slow(1, 'shut'));
    await fresh.running('shut');
    await other.close('closing time');
    expect(await call.answer()).toMatchObject({
      id: 1,
      error: { code: -32800, data: { reason: 'closing time' } },
    });
    await fresh.close();
  });

  test('a call of a client that hung up can still be cancelled, and leaves nothing', async () => {
    const key = newKey();
    const call = client.post(slow('gone', key));
    await client.running(key);
    call.hangUp();
    await expect(call.ended).rejects.toThrow();
    await client.cancel('gone');
    await client.seen(key, ({ call, handler }) => call === 'cancelled' && handler === 'ended');
    expectNothingLeft(client);
  });

  test('list_calls tells of its own session only', async () => {
    const stranger = await TestClient.open(server.url);
    const keys = [newKey(), newKey()];
    const mine = client.post(slow('mine', String(keys[0])));
    const theirs = stranger.post(slow('theirs', String(keys[1])));
    await Promise.all(keys.map((key) => client.running(key)));
    const listed = async (who: TestClient) =>
      (await who.tool('list_calls', {})).result.structuredContent.calls.map(({ id, tool }: Message) => [
        id,
        tool,
      ]);
    expect(await listed(client)).toEqual([['mine', 'slow']]);
    expect(await listed(stranger)).toEqual([['theirs', 'slow']]);
    await client.cancel('mine');
    await stranger.cancel('theirs');
    await Promise.all([ended(mine), ended(theirs)]);
    expect(await listed(client)).toEqual([]);
    await stranger.close();
  });
});
