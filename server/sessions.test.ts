import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Message, startServer, TestClient, type TestServer } from './testing.ts';

let server: TestServer;
const clients: TestClient[] = [];

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await Promise.all(clients.map((each) => each.close()));
  await server.close();
});

function client(revision?: string): TestClient {
  const made = new TestClient(server.url, revision);
  clients.push(made);
  return made;
}

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

async function status(exchange: { ended: Promise<unknown>; status: number }): Promise<number> {
  await exchange.ended;
  return exchange.status;
}

test.each(['2025-03-26', '2025-06-18', '2025-11-25'])(
  'initialize in %s, and a cancelled call',
  async (revision) => {
    const made = client(revision);
    const { result } = await made.initialize();
    expect(result).toMatchObject({
      protocolVersion: revision,
      serverInfo: {
        name: 'mcp-cancellation-reference-server',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      },
      capabilities: { tools: {}, logging: {} },
    });
    expect(made.session).toMatch(/^[0-9a-f-]{36}$/);
    const call = made.call(1, 'slow', { key: revision, steps: 1000, interval_ms: 60 });
    await call.started();
    await made.cancel(1);
    expect((await call.answer()).error.code).toBe(-32800);
  },
);

test.each(['2024-11-05', '2024-10-07', '2026-07-28', 'nonsense'])(
  'asked for %s it offers the newest',
  async (asked) => {
    const made = client(asked);
    const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const answer = await made.post({ jsonrpc: '2.0', id: 1, method: 'initialize', params }).answer();
    expect(answer.result.protocolVersion).toBe('2025-11-25');
  },
);

test('a revision in the header that is not served is 400, and a missing one is not', async () => {
  const made = client();
  await made.initialize();
  for (const revision of ['2024-11-05', '2026-07-28', '']) {
    const refused = made.post(ping, { 'mcp-protocol-version': revision });
    expect(await status(refused)).toBe(400);
    expect(refused.messages[0].error.message).toContain('Unsupported MCP-Protocol-Version');
  }
  const without = made.post(ping, { 'mcp-session-id': String(made.session) });
  expect(await status(without)).toBe(200);
  const bare = client();
  expect(await status(bare.post(ping, { 'mcp-session-id': String(made.session) }))).toBe(200);
});

test('without the session header 400, with an unknown one 404, whatever the method', async () => {
  for (const method of ['POST', 'GET', 'DELETE'] as const) {
    expect(await status(client().post(ping, {}, method))).toBe(400);
    expect(await status(client().post(ping, { 'mcp-session-id': 'made-up' }, method))).toBe(404);
  }
});

test('initialize: a session is opened by a good one only, and once', async () => {
  const before = server.sessions.size;
  const made = client();
  const bad = made.post({
    jsonrpc: '2.0',
    id: 3,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25' },
  });
  expect(await bad.answer()).toMatchObject({ id: 3, error: { code: -32602 } });
  expect(bad.status).toBe(400);
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  const initialize = { jsonrpc: '2.0', id: 3, method: 'initialize', params };
  expect(await status(made.post(initialize, { accept: 'application/json' }))).toBe(406);
  expect(await status(made.post(initialize, { 'content-type': 'text/plain' }))).toBe(415);
  expect(server.sessions.size).toBe(before);
  await made.initialize();
  expect(server.sessions.size).toBe(before + 1);
  expect(await status(made.post(initialize))).toBe(400);
});

test('the id of initialize is nothing that could be cancelled', async () => {
  const made = client();
  await made.initialize();
  expect((await made.cancel('init')).status).toBe(202);
  expect(await made.post(ping).answer()).toMatchObject({ id: 1, result: {} });
});

test('DELETE cancels what is in flight, answers it, and ends the session', async () => {
  const [made, witness] = [client(), client()];
  await Promise.all([made.initialize(), witness.initialize()]);
  const call = made.call(1, 'slow', { key: 'deleted', steps: 1000, interval_ms: 60 });
  await call.started();
  expect((await made.delete()).status).toBe(200);
  expect(await call.answer()).toMatchObject({
    id: 1,
    error: { code: -32800, data: { reason: 'The session was ended by DELETE' } },
  });
  await witness.seen('deleted', ({ handler }) => handler === 'ended');
  expect(await status(made.post(ping))).toBe(404);
  expect((await made.delete()).status).toBe(404);
});

test('what is no JSON is 400 with -32700, and too much of it 413', async () => {
  const made = client();
  await made.initialize();
  for (const body of ['{"jsonrpc":', '', '"text"', '{"no":"rpc"}']) {
    const exchange = made.post(body);
    expect(await exchange.answer(), body).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32700 },
    });
    expect(exchange.status).toBe(400);
  }
  expect(await status(made.post(JSON.stringify({ ...ping, params: { x: 'x'.repeat(300_000) } })))).toBe(413);
});

test('other methods are 405, other paths 404', async () => {
  const put = await fetch(server.url, { method: 'PUT', body: '{}' });
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
  const refused = (await put.json()) as Message;
  expect(refused.error.message).toContain('PUT');
  expect((await fetch(server.url, { method: 'HEAD' })).status).toBe(405);
  expect((await fetch(new URL('/', server.url))).status).toBe(404);
});

test('/healthz counts sessions and calls', async () => {
  const made = client();
  await made.initialize();
  const health = async (): Promise<Message> => (await fetch(new URL('/healthz', server.url))).json();
  const before = await health();
  expect(before).toEqual({ status: 'ok', sessions: server.sessions.size, calls_in_flight: 0 });
  const call = made.call(1, 'slow', { key: 'health', steps: 1000, interval_ms: 60 });
  await call.started();
  expect((await health()).calls_in_flight).toBe(1);
  await made.cancel(1);
  await call.ended;
  expect((await health()).calls_in_flight).toBe(0);
});

test('no line of the log shows a whole session id', () => {
  const ids = clients.map(({ session }) => session).filter((id) => id !== undefined);
  expect(ids.length).toBeGreaterThan(5);
  const log = JSON.stringify(server.lines);
  for (const id of ids) expect(log).not.toContain(id);
});

test.each([undefined, null, 1.5, { a: 1 }])('initialize with the id %j opens no session', async (id) => {
  const before = server.sessions.size;
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const refused = client().post({ jsonrpc: '2.0', id, method: 'initialize', params });
  await refused.ended;
  expect(refused.status).toBe(400);
  expect(refused.messages).toMatchObject([{ id: null, error: { code: -32600 } }]);
  expect(server.sessions.size).toBe(before);
});

test('a client that hangs up with a second request waiting on the same connection leaves no exchange open', async () => {
  const made = client();
  await made.initialize();
  const session = server.sessions.find(made.session ?? '');
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'slow', arguments: { key: 'pipelined', steps: 3, interval_ms: 20 } },
  });
  const { hostname, port } = new URL(server.url);
  const headers = `Host: ${hostname}:${port}\r\nAccept: application/json, text/event-stream\r\nMcp-Session-Id: ${made.session}\r\n`;
  const post = `POST /mcp HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const socket = connect(Number(port), hostname);
  socket.write(`${post}GET /mcp HTTP/1.1\r\n${headers}\r\n`);
  await made.running('pipelined');
  expect(session?.exchanges).toBe(2);
  socket.destroy();
  await made.seen('pipelined', ({ handler }) => handler === 'ended');
  await expect.poll(() => session?.exchanges).toBe(0);
  const listening = made.post(undefined, {}, 'GET');
  await expect.poll(() => listening.status).toBe(200);
});
