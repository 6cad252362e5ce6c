/**
 * Whatever is sent: every request gets an end that the protocol allows, nothing fails by accident, nothing is left,
 * and a canary, another session with calls in flight, is neither seen nor disturbed.
 *
 * The same inputs every time. `PROPERTY_RUNS=100000 npx vitest run server/properties.test.ts` takes that many for
 * each property, and other ones; what fails is told with the seed that makes it again: `PROPERTY_SEED`.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { body, encoding, FOREIGN_IDS, headers, near, opening } from './arbitrary.ts';
import {
  type Exchange,
  leftovers,
  type Message,
  NOTHING,
  startServer,
  TestClient,
  type TestServer,
} from './testing.ts';

const { PROPERTY_RUNS, PROPERTY_SEED } = process.env;
const MANY = { timeout: PROPERTY_RUNS ? 86_400_000 : 60_000 };
const BODY_LIMIT = 65_536;
const MAX_SESSIONS = 10;
const ACCEPT = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

interface Reply {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** Of whatever was sent: the reply is one that the protocol knows. Not by `expect`, which takes longer than a request. */
function isAllowed({ status, headers, body }: Reply): Message[] {
  assert([200, 202, 400, 401, 403, 404, 405, 406, 409, 413, 415].includes(status), `${status}: ${body}`);
  if (status === 202) assert.equal(body, '');
  if (status === 202) return [];
  const stream = headers['content-type'] === 'text/event-stream';
  const messages: Message[] = (stream ? linesOf(body, 'data') : [body]).flatMap((data) => JSON.parse(data));
  for (const message of messages) assert.equal(message.jsonrpc, '2.0');
  if (status === 200) return messages;
  const [{ error }, ...more] = messages;
  assert(Number.isInteger(error.code) && typeof error.message === 'string' && more.length === 0, body);
  return messages;
}

/** Every request in the body was answered in its reply, once and with the type of its id, and nothing else. */
function answersAll(sent: Buffer, messages: Message[]): void {
  const requests = [JSON.parse(new TextDecoder().decode(sent))]
    .flat()
    .filter(({ method, id }) => method !== undefined && id !== undefined);
  // It lets its client go before it has an answer.
  if (requests.some(({ params }) => params?.name === 'poll')) return;
  const ids = (of: Message[]) => of.map(({ id }) => JSON.stringify(id)).sort();
  assert.deepEqual(ids(messages.filter(({ method }) => method === undefined)), ids(requests));
}

/** The values of a field of a stream's events, but for empty ones. */
function linesOf(stream: string, field: string): string[] {
  const start = `${field}: `;
  return stream.split('\n').flatMap((line) => (line.startsWith(start) ? line.slice(start.length) || [] : []));
}

describe.each(['sse', 'json'] as const)('RESPONSE_MODE=%s', (responseMode) => {
  let server: TestServer;
  let client: TestClient;
  let batching: TestClient;
  let canary: TestClient;
  let calls: Exchange[];
  let secrets: string[];

  beforeAll(async () => {
    server = await startServer({ responseMode, bodyLimit: BODY_LIMIT, maxSessions: MAX_SESSIONS });
    [client, batching, canary] = await Promise.all([
      TestClient.open(server.url),
      TestClient.open(server.url, '2025-03-26'),
      TestClient.open(server.url),
    ]);
    const keys = FOREIGN_IDS.map((id) => `secret-${JSON.stringify(id)}-${crypto.randomUUID()}`);
    calls = FOREIGN_IDS.map((id, i) =>
      canary.call(id, 'slow', { key: keys[i], steps: 100_000, interval_ms: 60_000 }),
    );
    while (sessionOf(canary).calls.size < FOREIGN_IDS.length) await setImmediate();
    if (responseMode === 'sse') await Promise.all(calls.map((call) => call.started()));
    // What is in front of its stream's name in the id of each of its events.
    const events = calls.flatMap(({ events }) => events.map(({ id }) => String(id).split('.')[0]));
    secrets = [String(canary.session), ...keys, ...(events as string[])];
  });

  afterAll(async () => {
    await Promise.all([client, batching, canary].map((each) => each.close()));
    await server.close();
  });

  const sessionOf = (each: TestClient): Message => server.sessions.find(String(each.session));

  /** Holds that the property has for so many inputs, and that the server is as it was before. */
  async function holds<Input extends unknown[]>(runs: number, property: fc.IAsyncProperty<Input>) {
    const seed = PROPERTY_SEED ? Number(PROPERTY_SEED) : PROPERTY_RUNS ? Date.now() : 1;
    await fc.assert(property, { seed, numRuns: Number(PROPERTY_RUNS ?? runs) });
    for (const each of [client, batching]) {
      expect(await each.post(PING).answer()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
      await sessionOf(each).calls.idle();
      const left = leftovers(sessionOf(each));
      // But for typescript-sdk#2559.
      expect(responseMode === 'json' ? { ...left, streams: 0 } : left).toEqual(NOTHING);
    }
    expect(server.sessions.size).toBe(3);
    expect(calls.map((call) => call.open)).toEqual(FOREIGN_IDS.map(() => true));
    expect(sessionOf(canary).calls.records).toMatchObject(
      FOREIGN_IDS.map((id) => ({ id, call: 'running', handler: 'running', reason: null })),
    );
    const failed = server.lines.filter(({ level, msg }) => level >= 50 || msg === 'request failed');
    expect(failed).toEqual([]);
    server.lines.length = 0;
  }

  async function send(
    method: 'POST' | 'GET' | 'DELETE',
    given: Record<string, string | undefined>,
    content: Buffer | null,
  ): Promise<Reply> {
    const sent = Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const options = { method, headers: Object.fromEntries(sent), agent, timeout: 10_000 };
    const out = request(server.url, options);
    out.on('timeout', () => out.destroy(new Error('left open'))).end(content);
    const [response]: IncomingMessage[] = await once(out, 'response');
    assert(response);
    const { statusCode: status = 0, headers } = response;
    // A stream that listens has no end of its own.
    if (method === 'GET' && status === 200 && !given['last-event-id']) {
      response.destroy();
      while (sessionOf(client).transport._streamMapping.has('_GET_stream')) await setImmediate();
      return { status, headers, body: '' };
    }
    const reply = { status, headers, body: await text(response) };
    tellsNothing(reply);
    return reply;
  }

  function tellsNothing(reply: unknown): void {
    const told = JSON.stringify(reply);
    assert(!secrets.some((secret) => told.includes(secret)), told);
  }

  const inSession = (each: TestClient) => ({
    ...ACCEPT,
    'mcp-session-id': each.session,
    'mcp-protocol-version': each.revision,
  });

  test('any body', MANY, async () => {
    await holds(
      3500,
      fc.asyncProperty(fc.nat(9), body(BODY_LIMIT), async (n, content) => {
        // Arrays go where batches are known, as a rule, and all else where they are not.
        const sender = (content[0] === 0x5b) === n > 0 ? batching : client;
        const reply = await send('POST', inSession(sender), content);
        const messages = isAllowed(reply);
        if (reply.status < 400) answersAll(content, messages);
        assert.equal(reply.status === 413, content.length > BODY_LIMIT);
      }),
    );
  });

  test('any headers', MANY, async () => {
    const plain = Buffer.from(JSON.stringify(PING));
    await holds(
      2000,
      fc.asyncProperty(
        fc.constantFrom('POST', 'POST', 'GET', 'DELETE'),
        headers(String(client.session)),
        encoding,
        async (method, given, { says, encode }) => {
          // That would be no bad input.
          if (method === 'DELETE' && given['mcp-session-id'] === client.session) return;
          const sent = { ...given, 'content-encoding': method === 'POST' ? says : undefined };
          const content = method === 'POST' ? encode(plain) : null;
          const reply = await send(method, sent, content);
          isAllowed(reply);
          if (reply.status < 400) assert.equal(given['mcp-session-id'], client.session);
        },
      ),
    );
  });

  test('any opening: a session is opened, or nothing is', MANY, async () => {
    await holds(
      300,
      fc.asyncProperty(opening, async (content) => {
        const before = server.sessions.size;
        const reply = await send('POST', ACCEPT, Buffer.from(content));
        isAllowed(reply);
        const opened = reply.status === 200;
        assert.equal(server.sessions.size, before + (opened ? 1 : 0));
        const id = reply.headers['mcp-session-id'] as string;
        if (opened) expect((await send('DELETE', { 'mcp-session-id': id }, null)).status).toBe(200);
      }),
    );
  });

  test('any bytes instead of HTTP', MANY, async () => {
    const { hostname, port } = new URL(server.url);
    const whole = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: ${ACCEPT.accept}\r\nContent-Type: application/json\r\nMcp-Session-Id: ${client.session}\r\nContent-Length: 40\r\nConnection: close\r\n\r\n${JSON.stringify(PING)}`;
    await holds(
      300,
      fc.asyncProperty(fc.oneof(near(whole), fc.string({ unit: 'binary' })), async (bytes) => {
        const socket = connect(Number(port), hostname);
        await once(socket, 'connect');
        socket.on('error', () => {}).end(bytes, 'latin1');
        const reply = await text(socket).catch(() => '');
        tellsNothing(reply);
        assert.match(reply, /^(HTTP\/1\.1 [24]|$)/);
      }),
    );
  });

  test.runIf(responseMode === 'sse')('any event to come back for', MANY, async () => {
    const call = client.call('mine', 'slow', { key: 'mine', steps: 5, interval_ms: 1 });
    await call.ended;
    const own = call.events.map(({ id }) => String(id));
    const foreign = calls.flatMap(({ events }) => events.map(({ id }) => String(id)));
    expect(foreign.length).toBeGreaterThan(FOREIGN_IDS.length);
    // Its own secret in front of the other's stream, and the other way round.
    const crossed = [own, foreign].flatMap((these, i, both) =>
      these.flatMap((id) => both[1 - i]?.map((other) => id.split('.')[0] + other.slice(other.indexOf('.')))),
    ) as string[];
    const id = fc
      .constantFrom(...own, ...foreign, ...crossed)
      .chain((id) => fc.oneof(fc.constant(id), near(id)));
    await holds(
      1500,
      fc.asyncProperty(id, async (id) => {
        if (id.trim() === '') return;
        const reply = await send('GET', { ...inSession(client), 'last-event-id': id }, null);
        isAllowed(reply);
        assert.equal(reply.status, own.includes(id.trim()) ? 200 : 400);
        const later = own.slice(own.indexOf(id.trim()) + 1);
        if (reply.status === 200) assert.deepEqual(linesOf(reply.body, 'id'), later);
      }),
    );
  });

  test('the canary is alive to the end, and cancelled by itself alone', async () => {
    await Promise.all(FOREIGN_IDS.map((id) => canary.cancel(id, 'by myself')));
    for (const [i, call] of calls.entries())
      expect(await call.answer()).toMatchObject({
        id: FOREIGN_IDS[i],
        error: { code: -32800, data: { reason: 'by myself' } },
      });
  });
});
