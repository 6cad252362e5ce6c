import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Events } from './events.ts';
import {
  ended,
  leftovers,
  type Message,
  NOTHING,
  startServer,
  TestClient,
  type TestServer,
} from './testing.ts';

const message = (text: string): Message => ({ jsonrpc: '2.0', method: 'notifications/x', params: { text } });

describe('the store', () => {
  const replay = async (events: Events, id: string) => {
    const seen: string[] = [];
    await events.replayEventsAfter(id, {
      send: async (_id, each: Message) => void seen.push(each.params.text),
    });
    return seen;
  };

  test('replays what came later on the same stream, in order', async () => {
    const events = new Events({ maxEvents: 100, maxEventBytes: 10_000 });
    const first = await events.storeEvent('a', message('1'));
    await events.storeEvent('b', message('other'));
    await events.storeEvent('a', message('2'));
    const third = await events.storeEvent('a', message('3'));
    expect(await replay(events, first)).toEqual(['2', '3']);
    expect(await replay(events, first), 'and again').toEqual(['2', '3']);
    expect(await replay(events, third)).toEqual([]);
  });

  test.each([
    ['events', { maxEvents: 3, maxEventBytes: 100_000 }],
    ['bytes', { maxEvents: 1000, maxEventBytes: 400 }],
  ])('is bounded in %s, and never skips what it forgot', async (_name, limits) => {
    const events = new Events(limits);
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push(await events.storeEvent('a', message(String(i))));
    const known = await Promise.all(
      ids.map(async (id) => (await events.getStreamIdForEventId(id)) !== undefined),
    );
    const oldest = known.indexOf(true);
    expect(oldest).toBeGreaterThan(15);
    expect(known.slice(oldest).every(Boolean)).toBe(true);
    expect(await replay(events, String(ids[oldest]))).toEqual(ids.map((_, i) => String(i)).slice(oldest + 1));
    await events.storeEvent('a', message('x'.repeat(limits.maxEventBytes)));
    expect(await events.getStreamIdForEventId(String(ids.at(-1)))).toBeUndefined();
  });

  test('ids of two sessions have nothing in common', async () => {
    const limits = { maxEvents: 10, maxEventBytes: 10_000 };
    const [one, two] = [new Events(limits), new Events(limits)];
    const id = await one.storeEvent('_GET_stream', message('1'));
    await two.storeEvent('_GET_stream', message('1'));
    expect(await two.getStreamIdForEventId(id)).toBeUndefined();
    expect(id).toMatch(/^[\w-]{16}\._GET_stream\.1$/);
  });
});

describe.each(['error', 'none'] as const)('resuming, CANCEL_REPLY=%s', (cancelReply) => {
  let server: TestServer;
  const clients: TestClient[] = [];
  let keys = 0;

  beforeAll(async () => {
    server = await startServer({ cancelReply });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });

  afterAll(() => server.close());

  async function open(revision?: string) {
    const client = await TestClient.open(server.url, revision);
    clients.push(client);
    return client;
  }

  /** A call that has sent some events, and the last event's id. */
  async function begin(client: TestClient, steps = 10_000) {
    const key = `resume-${++keys}`;
    const call = client.call(1, 'slow', { key, steps, interval_ms: 5 });
    await call.find(({ params }) => params?.progress === 3);
    return {
      key,
      call,
      seen: call.events.find(({ data }) => JSON.parse(data || '{}').params?.progress === 2).id,
    };
  }

  async function disconnect(client: TestClient, call: { hangUp(): void; ended: Promise<unknown> }) {
    const session: Message = server.sessions.find(String(client.session));
    call.hangUp();
    await expect(call.ended).rejects.toThrow();
    await expect.poll(() => leftovers(session).streams, { interval: 5 }).toBe(0);
  }

  const resume = (client: TestClient, id: string) => client.post(undefined, { 'last-event-id': id }, 'GET');
  const progressOf = (exchange: Message) =>
    exchange.messages.flatMap(({ params }: Message) => params?.progress ?? []);

  test.each(['2025-03-26', '2025-06-18', '2025-11-25'])('%s: priming event and retry', async (revision) => {
    const client = await open(revision);
    const { call } = await begin(client);
    const [first] = call.events;
    if (revision === '2025-11-25') expect(first).toEqual({ id: expect.any(String), retry: '500', data: '' });
    else
      expect(first).toEqual({ event: 'message', id: expect.any(String), data: expect.stringMatching(/./) });
    const ids = call.events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    await client.cancel(1);
    await ended(call);
  });

  test('a client that comes back while the call runs misses nothing, and the stream ends with the call', async () => {
    const client = await open();
    const { call, seen } = await begin(client, 60);
    await disconnect(client, call);
    const back = resume(client, seen);
    await ended(back);
    expect(back.status).toBe(200);
    expect(progressOf(back)).toEqual(Array.from({ length: 58 }, (_, i) => i + 3));
    expect(back.messages.at(-1).result.content[0].text).toBe('completed 60 steps');
    expect(leftovers(server.sessions.find(String(client.session)))).toEqual(NOTHING);
  });

  test.each(['text/event-stream;q=0', 'text/event-streams'])(
    'the stream of a call that is over ends however it is asked for: %s',
    async (accept) => {
      const client = await open();
      const { call, seen, key } = await begin(client, 5);
      await disconnect(client, call);
      await client.seen(key, ({ handler }) => handler === 'ended');
      const back = client.post(undefined, { 'last-event-id': seen, accept }, 'GET');
      await ended(back);
      expect(back.messages.at(-1)).toMatchObject({ id: 1 });
    },
  );

  test('one that comes back when the call is over gets the rest, and the stream ends', async () => {
    const client = await open();
    const { call, seen, key } = await begin(client, 30);
    await disconnect(client, call);
    await client.seen(key, ({ handler }) => handler === 'ended');
    for (const _again of [1, 2]) {
      const back = resume(client, seen);
      await ended(back);
      expect(back.headers['content-type']).toBe('text/event-stream');
      expect(progressOf(back)).toEqual(Array.from({ length: 28 }, (_, i) => i + 3));
      expect(back.messages.at(-1).result.content[0].text).toBe('completed 30 steps');
      const atEnd = resume(client, back.events.at(-1).id);
      await ended(atEnd);
      expect([atEnd.status, atEnd.messages]).toEqual([200, []]);
    }
    expect(leftovers(server.sessions.find(String(client.session)))).toEqual(NOTHING);
  });

  test.each(['before', 'after'])(
    'cancelled %s the client came back: what there was, and the end',
    async (when) => {
      const client = await open();
      const { call, seen, key } = await begin(client);
      await disconnect(client, call);
      if (when === 'before') await client.cancel(1, 'why');
      const back = resume(client, seen);
      if (when === 'after') {
        await back.find(({ params }) => params?.progress);
        await client.cancel(1, 'why');
      }
      await ended(back);
      expect(progressOf(back)[0]).toBe(3);
      const answers = back.messages.filter((each) => 'id' in each);
      if (cancelReply === 'none') expect(answers).toEqual([]);
      else expect(answers).toMatchObject([{ id: 1, error: { code: -32800, data: { reason: 'why' } } }]);
      await client.seen(key, ({ call, handler }) => call === 'cancelled' && handler === 'ended');
      expect(leftovers(server.sessions.find(String(client.session)))).toEqual(NOTHING);
    },
  );

  test('a batch: the stream goes on until the last answer', async () => {
    const client = await open('2025-03-26');
    const slow = (id: number, steps: number) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'slow', arguments: { key: `batch-${cancelReply}-${id}`, steps, interval_ms: 5 } },
    });
    const batch = client.post([slow(1, 10_000), slow(2, 40)]);
    await batch.started();
    await client.running(`batch-${cancelReply}-2`);
    await disconnect(client, batch);
    await client.cancel(1);
    const back = resume(client, batch.events[0].id);
    await ended(back);
    const answers = back.messages.filter((each) => 'id' in each).map(({ id }) => id);
    expect(answers).toEqual(cancelReply === 'none' ? [2] : [1, 2]);
    const again = resume(client, batch.events[0].id);
    await ended(again);
    expect(again.messages).toEqual(back.messages);
  });

  test('while the stream is connected: 409', async () => {
    const client = await open();
    const { call, seen } = await begin(client);
    const second = resume(client, seen);
    await ended(second);
    expect(second.status).toBe(409);
    expect(second.messages[0].error.message).toMatch(/active connection/);
    expect(call.open).toBe(true);
    await client.cancel(1);
    await ended(call);
  });

  test('an event of another session, of nobody, or too old: 400', async () => {
    const [client, stranger] = [await open(), await open()];
    const { call, seen } = await begin(client);
    for (const id of [seen, 'made-up', '_GET_stream', seen.replace(/\d+$/, '99999')]) {
      const refused = resume(stranger, id);
      await ended(refused);
      expect(refused.status).toBe(400);
      expect(refused.messages[0]).toMatchObject({
        id: null,
        error: { code: -32000, message: expect.stringMatching(/event/) },
      });
    }
    await client.cancel(1);
    await ended(call);
  });

  describe('poll', () => {
    test('closes the connection after the priming event; the client comes back for the rest', async () => {
      const client = await open();
      const poll = client.call(1, 'poll', { key: `poll-${cancelReply}`, steps: 10, interval_ms: 5 });
      await ended(poll);
      expect(poll.events).toEqual([{ id: expect.any(String), retry: '500', data: '' }]);
      const back = resume(client, poll.events[0].id);
      await ended(back);
      expect(progressOf(back)).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
      expect(back.messages.at(-1)).toMatchObject({
        id: 1,
        result: { content: [{ text: 'completed 10 steps' }] },
      });
    });

    test('can be cancelled while nobody is connected', async () => {
      const client = await open();
      const key = `poll-cancel-${cancelReply}`;
      const poll = client.call(1, 'poll', { key, steps: 10_000, interval_ms: 5 });
      await ended(poll);
      await client.running(key);
      await client.cancel(1);
      await client.seen(key, ({ handler }) => handler === 'ended');
      const back = resume(client, poll.events[0].id);
      await ended(back);
      expect(back.messages.filter((each) => 'id' in each)).toHaveLength(cancelReply === 'none' ? 0 : 1);
      expect(leftovers(server.sessions.find(String(client.session)))).toEqual(NOTHING);
    });

    test('in an older revision: a clear error', async () => {
      const client = await open('2025-06-18');
      const { result } = await client.tool('poll', { key: 'never', steps: 10, interval_ms: 5 });
      expect(result.isError).toBe(true);
      expect(result.content[0].text).toMatch(/^Cannot close the connection: .*2025-11-25/);
    });
  });
});
