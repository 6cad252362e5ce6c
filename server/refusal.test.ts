import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from './config.ts';
import { ended, type Message, startServer, TestClient } from './testing.ts';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function start(settings: Partial<Config> = {}) {
  const server = await startServer(settings);
  opened.push(server);
  const client = (revision?: string) => {
    const made = new TestClient(server.url, revision);
    opened.push(made);
    return made;
  };
  return { server, client };
}

const params = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};
const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params };
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** Sends text as it is, and reads all that comes back. */
async function raw(url: string, pieces: string, hostAndPort = new URL(url)): Promise<string> {
  const socket = connect(Number(hostAndPort.port), hostAndPort.hostname);
  await once(socket, 'connect');
  socket.write(pieces);
  return text(socket);
}

describe('Host', () => {
  const head = (host: string) => `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  test.each([
    ['localhost', 200],
    ['LocalHost:1234', 200],
    ['127.0.0.1:80', 200],
    ['[::1]:80', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.nip.io:8000', 403],
    ['evil.example:localhost', 403],
    ['', 403],
  ])('%j: %d', async (host, status) => {
    const { server } = await start();
    const response = await raw(server.url, head(host));
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 403) expect(response).toContain('"error":{"code":-32000,"message":"The Host header');
  });

  test('ALLOWED_HOSTS replaces the list', async () => {
    const { server } = await start({ allowedHosts: ['mcp.example'], host: '0.0.0.0' });
    expect(await raw(server.url, head('mcp.example:8000'))).toMatch(/^HTTP\/1.1 200 /);
    expect(await raw(server.url, head('localhost'))).toMatch(/^HTTP\/1.1 403 /);
  });
});

describe('Origin', () => {
  test.each([
    [undefined, 200],
    ['http://localhost', 200],
    ['http://localhost:5173', 200],
    ['https://127.0.0.1:8443', 200],
    ['http://evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['http://localhost:80:80', 403],
    ['null', 403],
  ])('%s: %d', async (origin, status) => {
    const { client } = await start();
    const exchange = client().post(initialize, origin === undefined ? {} : { origin });
    await ended(exchange);
    expect(exchange.status).toBe(status);
    if (status === 403)
      expect(exchange.messages[0]).toMatchObject({
        id: null,
        error: { code: -32000, message: expect.stringMatching(/ALLOWED_ORIGINS/) },
      });
  });

  test('ALLOWED_ORIGINS replaces the list', async () => {
    const { client } = await start({ allowedOrigins: ['https://a.example'] });
    for (const [origin, status] of [
      ['https://a.example', 200],
      ['https://a.example:8443', 403],
      ['http://localhost', 403],
    ] as const) {
      const exchange = client().post(initialize, { origin });
      await ended(exchange);
      expect(exchange.status, origin).toBe(status);
    }
  });
});

test('AUTH_TOKEN: every request is checked, also those of a session', async () => {
  const { client, server } = await start({ authToken: 's3cret' });
  const good = { authorization: 'Bearer s3cret' };
  const opening = client().post(initialize, good);
  await ended(opening);
  expect(opening.status).toBe(200);
  const session = { 'mcp-session-id': opening.headers['mcp-session-id'] };
  const bad = ['', 'Bearer', 'Bearer s3cre', 'Bearer s3crets', 'Basic s3cret', 's3cret', 'Bearer s3cret x'];
  for (const authorization of [undefined, ...bad]) {
    for (const method of ['POST', 'GET', 'DELETE'] as const) {
      const exchange = client().post(ping, { ...session, ...(authorization && { authorization }) }, method);
      await ended(exchange);
      expect([exchange.status, exchange.headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(exchange.messages[0]).toMatchObject({ id: null, error: { code: -32000 } });
    }
  }
  const fine = client().post(ping, { ...session, authorization: 'bearer s3cret' });
  expect(await fine.answer()).toMatchObject({ result: {} });
  expect(JSON.stringify(server.lines)).not.toContain('s3cret');
});

test('a body over BODY_LIMIT is 413', async () => {
  const { client } = await start({ bodyLimit: 1000 });
  const exchange = client().post(JSON.stringify({ ...ping, params: { x: 'x'.repeat(1000) } }));
  expect(await exchange.answer()).toMatchObject({
    error: { code: -32000, message: expect.stringMatching(/larger than 1000 bytes/) },
  });
  expect(exchange.status).toBe(413);
});

test('BODY_LIMIT holds for what a compressed body expands to', async () => {
  const { server } = await start({ bodyLimit: 1000 });
  const body = gzipSync(JSON.stringify({ ...ping, params: { x: 'x'.repeat(100_000) } }));
  expect(body.length).toBeLessThan(1000);
  const { status } = await fetch(server.url, {
    method: 'POST',
    body,
    headers: { 'content-encoding': 'gzip' },
  });
  expect(status).toBe(413);
});

test.each([
  ['gzip', 400],
  ['br', 400],
  ['zstd', 415],
])('a body that is not %s, as it says, is refused with %d', async (encoding, status) => {
  const { client } = await start();
  const exchange = client().post(initialize, { 'content-encoding': encoding });
  expect(await exchange.answer()).toMatchObject({ id: null, error: { code: -32000 } });
  expect(exchange.status).toBe(status);
});

test('an id of more than 1,000 characters is refused, as ids are kept', async () => {
  const { client, server } = await start();
  const long = client().post({ ...initialize, id: 'x'.repeat(1001) });
  expect(await long.answer()).toMatchObject({ id: null, error: { code: -32600 } });
  expect([long.status, server.sessions.size]).toEqual([400, 0]);
  const user = client();
  await user.initialize();
  expect(await user.call('x'.repeat(1000), 'quick', { text: 'fits' }).answer()).toHaveProperty('result');
  const longer = user.call('x'.repeat(1001), 'quick', { text: 'does not' });
  expect(await longer.answer()).toMatchObject({ id: null, error: { code: -32600 } });
  expect(longer.status).toBe(400);
});

test('MAX_SESSIONS: one more is 503 with Retry-After, until one has ended', async () => {
  const { client, server } = await start({ maxSessions: 2 });
  const [one, two] = [client(), client()];
  await one.initialize();
  await two.initialize();
  const third = client().post(initialize);
  expect(await third.answer()).toMatchObject({
    id: 1,
    error: { code: -32000, message: expect.stringMatching(/2 sessions/) },
  });
  expect([third.status, Number(third.headers['retry-after'])]).toEqual([503, expect.any(Number)]);
  expect(third.headers['retry-after']).toMatch(/^\d+$/);
  expect(server.sessions.size).toBe(2);
  await one.delete();
  await client().initialize();
  expect(server.sessions.size).toBe(2);
});

test('WITNESS=off removes state and list_calls', async () => {
  const { client } = await start({ witness: 'off' });
  const blind = client();
  await blind.initialize();
  const { tools } = (await blind.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }).answer()).result;
  expect(tools.map(({ name }: Message) => name)).toEqual([
    'process_large_file',
    'slow',
    'quick',
    'stubborn',
    'ask',
    'poll',
  ]);
  for (const [name, args] of [
    ['state', { key: 'k' }],
    ['list_calls', {}],
  ] as const)
    expect((await blind.tool(name, args)).error.code).toBe(-32602);
});

describe('slow senders', () => {
  test('are cut off, while a response may take as long as it likes', async () => {
    const { client, server } = await start({ requestTimeoutSeconds: 1 });
    const reader = client();
    await reader.initialize();
    const call = reader.call(1, 'slow', { key: 'long', steps: 35, interval_ms: 100 });
    await call.started();
    const began = performance.now();
    const [header, body] = await Promise.all([
      raw(server.url, 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
      raw(server.url, 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"js'),
    ]);
    for (const response of [header, body]) expect(response).toMatch(/^HTTP\/1.1 408 /);
    expect(performance.now() - began).toBeLessThan(3500);
    expect((await call.answer()).result.content[0].text).toBe('completed 35 steps');
  });
});

describe('idle sessions', () => {
  test('end, and are 404 afterwards; the log says why', async () => {
    const { client, server } = await start({ sessionIdleSeconds: 1 });
    const lazy = client();
    await lazy.initialize();
    await expect.poll(() => server.sessions.size, { timeout: 5000 }).toBe(0);
    const exchange = lazy.post(ping);
    expect(await exchange.answer()).toMatchObject({ error: { code: -32001 } });
    expect(exchange.status).toBe(404);
  });

  test.each(['a call whose client hung up', 'an open stream'])('%s keeps a session', async (what) => {
    const { client, server } = await start({ sessionIdleSeconds: 1 });
    const busy = client();
    await busy.initialize();
    const exchange = what.includes('call')
      ? busy.call(1, 'slow', { key: 'busy', steps: 16, interval_ms: 100 })
      : busy.post(undefined, {}, 'GET');
    if (what.includes('call')) {
      await exchange.started();
      exchange.hangUp();
    }
    const began = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(server.sessions.size).toBe(1);
    exchange.hangUp();
    await expect.poll(() => server.sessions.size, { timeout: 5000 }).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(2000);
  });
});
