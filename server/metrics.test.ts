import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Config } from './config.ts';
import { scrape } from './scrape.ts';
import { handles, startServer, TestClient, type TestServer } from './testing.ts';
import { defineTool, result, type Tool } from './tools/tool.ts';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function start(settings: Partial<Config> = {}, more: readonly Tool[] = []) {
  const server = await startServer(settings, more);
  opened.push(server);
  const open = async (revision?: string) => {
    const client = await TestClient.open(server.url, revision);
    opened.push(client);
    return client;
  };
  return { server, open, read: () => scrape(server.url) };
}

/** The same app at a second port, to be read when the server has closed its own. */
async function listenBeside({ app }: TestServer): Promise<string> {
  const beside = createServer(app).listen(0, '127.0.0.1');
  await once(beside, 'listening');
  opened.push({ close: async () => void beside.close() });
  return `http://127.0.0.1:${(beside.address() as AddressInfo).port}`;
}

const pace = { steps: 10_000, interval_ms: 5 };
const message = (id: unknown, method: string, params: object) => ({ jsonrpc: '2.0', id, method, params });
const call = (id: unknown, name: string, args: object) =>
  message(id, 'tools/call', { name, arguments: args });
const slow = (id: unknown, key: string) => call(id, 'slow', { key, ...pace });
const cancelOf = (requestId: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});
const dollarCancel = (params: unknown) => ({ jsonrpc: '2.0', method: '$/cancelRequest', params });

/** How often each line is there. */
function tally(lines: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, each) => all + each, 0);

/** A tool whose handler hears of nothing, and ends when the test says so. */
function createDeaf() {
  const entered = new EventEmitter();
  let release = () => {};
  const tool = defineTool({
    name: 'deaf',
    title: 'Deaf',
    description: 'Waits for the test.',
    input: z.strictObject({}),
    async handler() {
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      entered.emit('entered');
      await released;
      return result('released');
    },
  });
  return { tool, entered: once(entered, 'entered'), release: () => release() };
}

const RESOURCE = 'slow://{key}{?steps,interval_ms}';

describe.each([
  { cancelReply: 'error', responseMode: 'sse' },
  { cancelReply: 'none', responseMode: 'sse' },
  { cancelReply: 'error', responseMode: 'json' },
  { cancelReply: 'none', responseMode: 'json' },
] as const)('CANCEL_REPLY=$cancelReply RESPONSE_MODE=$responseMode', (mode) => {
  test('list_calls, the log and the metrics add up', async () => {
    const deaf = createDeaf();
    const { server, open } = await start({ ...mode, sessionIdleSeconds: 1 }, [deaf.tool]);
    const url = await listenBeside(server);
    const unused = await scrape(url);
    expect(unused.samples.filter(({ value }) => value !== 0)).toEqual([]);

    const [one, two, batching, lazy] = [await open(), await open(), await open('2025-03-26'), await open()];
    // An open stream keeps a session, but for the lazy one.
    for (const client of [one, two, batching]) client.post(undefined, {}, 'GET');
    /** Sends it, and waits until the handlers of these keys tick. */
    const begin = async (client: TestClient, body: unknown, ...keys: string[]) => {
      client.post(body);
      for (const key of keys) await one.running(key);
    };
    /** What is in flight in these sessions, which are all that have calls. All three must say so. */
    const inFlight = async (...clients: TestClient[]) => {
      const answers = await Promise.all(clients.map((client) => client.tool('list_calls', {})));
      const listed = tally(
        answers.flatMap(({ result }) => result.structuredContent.calls).map(({ tool }) => tool),
      );
      const now = await scrape(url);
      expect(now.counted('mcp_calls_in_flight')).toEqual(listed);
      const answered = server.logged('call').length;
      expect(now.sum('mcp_calls_settled_total')).toBe(answered);
      expect(now.sum('mcp_calls_started_total') - answered).toBe(sum(listed));
      return listed;
    };

    // Calls that end by themselves, and what never becomes a call.
    await one.call('late', 'quick', { text: 'done' }).answer();
    await two.tool('quick', { text: 'done' });
    await one.tool('process_large_file', { filename: 'nothing.csv' });
    for (const name of ['no such tool', 'toString', '__proto__']) await one.tool(name, {});
    await one.tool('slow', { key: 'without steps' });
    await one.post(message(1, 'ping', {})).ended;
    expect(await inFlight(one, two, batching)).toEqual({});

    await begin(one, slow(1, 'number'), 'number');
    await begin(one, slow('1', 'text'), 'text');
    await begin(one, call(2, 'deaf', {}));
    await deaf.entered;
    const words = { steps: '10000', interval_ms: '5' };
    const prompt = { name: 'slow_prompt', arguments: { key: 'prompt', ...words } };
    await begin(one, message('prompt', 'prompts/get', prompt), 'prompt');
    const uri = 'slow://resource?steps=10000&interval_ms=5';
    await begin(one, message('resource', 'resources/read', { uri }), 'resource');
    const ref = { type: 'ref/prompt', name: 'slow_prompt' };
    const wanted = { ref, argument: { name: 'key', value: 'completion' }, context: { arguments: words } };
    await begin(one, message('completion', 'completion/complete', wanted), 'completion');
    await begin(batching, [slow(1, 'batch 1'), slow(2, 'batch 2')], 'batch 1', 'batch 2');
    for (const id of [1, 2]) await begin(two, slow(id, `two ${id}`), `two ${id}`);
    const others = { deaf: 1, slow_prompt: 1, [RESOURCE]: 1, 'slow_prompt key': 1 };
    expect(await inFlight(one, two, batching)).toEqual({ slow: 6, ...others });

    // Cancels that come to nothing.
    for (const id of ['never used', '2', 'late', 'late', ['malformed']]) await one.cancel(id);
    await one.post(dollarCancel('malformed')).ended;
    await two.cancel('prompt');
    expect(await inFlight(one, two, batching)).toEqual({ slow: 6, ...others });

    await one.cancel(1, 'why');
    await one.cancel(1, 'again');
    expect(await inFlight(one, two, batching)).toEqual({ slow: 5, ...others });
    await one.post(dollarCancel({ id: '1' })).ended;
    for (const id of [2, 'prompt', 'resource', 'completion']) await one.cancel(id);
    await batching.post([cancelOf(1), cancelOf(2)]).ended;
    expect(await inFlight(one, two, batching)).toEqual({ slow: 2 });
    // Its caller was answered, and it works on.
    expect((await scrape(url)).counted('mcp_handlers_running')).toEqual({ slow: 2, deaf: 1 });
    deaf.release();
    await server.sessions.find(String(one.session))?.calls.idle();
    expect((await scrape(url)).counted('mcp_handlers_running')).toEqual({ slow: 2 });

    await two.delete();
    expect(await inFlight(one, batching)).toEqual({});
    await expect.poll(() => server.sessions.find(String(lazy.session)), { timeout: 5000 }).toBeUndefined();
    expect((await scrape(url)).sum('mcp_sessions_open')).toBe(server.sessions.size);
    await begin(one, slow('shutdown', 'shutdown'), 'shutdown');
    expect(await inFlight(one, batching)).toEqual({ slow: 1 });
    await server.close();

    const last = await scrape(url);
    const settled = last.counted('mcp_calls_settled_total');
    const lines = server.logged('call').map(({ tool, outcome, cause }) => [tool, outcome, cause]);
    expect(settled).toEqual(tally(lines.map((line) => line.filter(Boolean).join(' '))));
    expect(sum(settled)).toBe(last.sum('mcp_calls_started_total'));
    const cancelled = {
      ...{ 'slow cancelled client': 4, 'slow cancelled deleted': 2, 'slow cancelled shutdown': 1 },
      ...{ 'deaf cancelled client': 1, 'slow_prompt cancelled client': 1 },
      ...{ [`${RESOURCE} cancelled client`]: 1, 'slow_prompt key cancelled client': 1 },
    };
    // How often the witness was asked, and how often too early, is a matter of time.
    const certain = Object.entries(settled).filter(([line]) => !/^(state|list_calls) /.test(line));
    const failed = { 'process_large_file failed': 1 };
    expect(Object.fromEntries(certain)).toEqual({ 'quick completed': 2, ...failed, ...cancelled });

    const perTool = { slow: 7, deaf: 1, slow_prompt: 1, [RESOURCE]: 1, 'slow_prompt key': 1 };
    expect(last.counted('mcp_cancel_to_handler_end_seconds_count')).toEqual(perTool);
    expect(last.sum('mcp_cancel_to_exchange_end_seconds_count')).toBe(sum(cancelled));

    const cancels = server.logged('cancel');
    const ignored = cancels.filter(({ result }) => result === 'ignored').map(({ why }) => why);
    expect(last.counted('mcp_cancels_ignored_total')).toEqual(tally(ignored));
    expect(tally(ignored)).toEqual({ unknown: 2, late: 2, duplicate: 1, malformed: 2, other_session: 1 });
    expect(cancels.length - ignored.length).toBe(last.sum('mcp_calls_settled_total', { cause: 'client' }));

    const ends = server.logged('session closed').map(({ cause }) => cause);
    expect(last.counted('mcp_sessions_closed_total')).toEqual(tally(ends));
    expect(tally(ends)).toEqual({ deleted: 1, expired: 1, shutdown: 2 });
    expect(last.sum('mcp_sessions_opened_total')).toBe(server.logged('session opened').length);
    expect(last.sum('mcp_sessions_opened_total')).toBe(4);

    for (const [name, type] of last.types) if (type === 'gauge') expect(last.sum(name), name).toBe(0);
    expect(last.series, 'nothing that a client sent has become a label').toEqual(unused.series);
  });
});

describe('the end of an exchange', () => {
  const NAME = 'mcp_cancel_to_exchange_end_seconds';

  test('is the end of its whole batch, for each call that was cancelled in it', async () => {
    const { server, open, read } = await start();
    const client = await open('2025-03-26');
    const session = server.sessions.find(String(client.session));
    const ends = async () => (await read()).sum(`${NAME}_count`);
    const batch = client.post([slow(1, 'a'), slow(2, 'b'), slow(3, 'c')]);
    for (const key of ['a', 'b', 'c']) await client.running(key);
    const began = performance.now();
    await client.cancel(1);
    const cancelled = performance.now();
    // Its id is free again, and its exchange still open.
    const again = client.post(slow(1, 'd'));
    await client.running('d');
    await client.cancel(2);
    expect(await ends()).toBe(0);
    const least = (performance.now() - cancelled) / 1000;
    await client.cancel(3);
    await batch.ended;
    await expect.poll(ends).toBe(3);
    const most = (3 * (performance.now() - began)) / 1000;
    const seconds = (await read()).sum(`${NAME}_sum`);
    expect(seconds).toBeGreaterThan(least);
    expect(seconds).toBeLessThan(most);
    await client.cancel(1);
    await again.ended;
    await expect.poll(ends).toBe(4);
    expect(session?.cancelled.size).toBe(0);
  });

  test('is none where the client hung up before the cancel', async () => {
    const { server, open, read } = await start();
    const client = await open();
    const call = client.post(slow(1, 'gone'));
    await client.running('gone');
    call.hangUp();
    await expect.poll(() => server.sessions.find(String(client.session))?.exchanges).toBe(0);
    await client.cancel(1);
    const { cancel_ms } = await client.seen('gone', ({ handler }) => handler === 'ended');
    const now = await read();
    expect(now.sum('mcp_cancel_to_handler_end_seconds_count')).toBe(1);
    expect(now.sum('mcp_cancel_to_handler_end_seconds_sum')).toBeCloseTo(cancel_ms / 1000, 6);
    expect(now.sum(`${NAME}_count`)).toBe(0);
  });
});

test('what is kept for a client that comes back, is counted as it is kept', async () => {
  const { server, open, read } = await start({ maxEvents: 10 });
  const client = await open('2025-06-18');
  const kept = async () => {
    const now = await read();
    return [now.sum('mcp_events_kept'), now.sum('mcp_events_kept_bytes')];
  };
  const before = await kept();
  const exchange = client.call(1, 'slow', { key: 'k', steps: 4, interval_ms: 1 });
  await exchange.ended;
  const bytes = exchange.events.map(({ id, data }) => Buffer.byteLength(id) + Buffer.byteLength(data));
  const [events = 0, size = 0] = await kept();
  expect(exchange.events).toHaveLength(6);
  expect([events - Number(before[0]), size - Number(before[1])]).toEqual([
    6,
    bytes.reduce((all, each) => all + each),
  ]);
  await client.call(2, 'slow', { key: 'k', steps: 20, interval_ms: 1 }).ended;
  expect((await kept())[0]).toBe(10);
  const other = await open();
  await other.call(1, 'slow', { key: 'k', steps: 20, interval_ms: 1 }).ended;
  expect((await kept())[0]).toBe(20);
  await other.delete();
  await client.delete();
  expect([server.sessions.size, ...(await kept())]).toEqual([0, 0, 0]);
});

describe('GET /metrics', () => {
  test('HEAD is fine, other methods are 405', async () => {
    const { server } = await start();
    const url = new URL('/metrics', server.url);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const refused = await fetch(url, { method });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  test('needs the token, where there is one', async () => {
    const { server } = await start({ authToken: 's3cret' });
    const url = new URL('/metrics', server.url);
    for (const authorization of ['', 'Bearer s3cre']) {
      const refused = await fetch(url, { headers: { authorization } });
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
    await scrape(server.url, { authorization: 'Bearer s3cret' });
  });

  test('is refused to pages of other sites', async () => {
    const { server } = await start();
    const refused = await fetch(new URL('/metrics', server.url), {
      headers: { origin: 'http://evil.example' },
    });
    expect(refused.status).toBe(403);
  });

  test('many servers in one process tell of themselves only, and leave nothing behind', async () => {
    const before = handles();
    const servers = await Promise.all(Array.from({ length: 20 }, () => startServer()));
    for (const [index, { url }] of servers.entries()) {
      const client = await TestClient.open(url);
      for (let i = 0; i < index; i++) await client.tool('quick', { text: '' });
      await client.close();
    }
    const counted = await Promise.all(
      servers.map(async ({ url }) => (await scrape(url)).sum('mcp_calls_started_total')),
    );
    expect(counted).toEqual(servers.map((_, index) => index));
    await Promise.all(servers.map((server) => server.close()));
    await expect.poll(handles).toEqual(before);
  });
});

describe('the README', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

  test('has a row for each metric: its name, its type, its labels and their values', async () => {
    const { read } = await start();
    const { samples, types } = await read();
    const samplesOf = (name: string) =>
      samples.filter((sample) => sample.name.replace(/_(bucket|sum|count)$/, '') === name);
    const words = (text: string) => new Set([...text.matchAll(/`(\w+)`/g)].map(([, word]) => String(word)));
    const rows = [...readme.matchAll(/^\| `(mcp_\w+)` \| (\w+) \|(.*?)\|(.*)\|$/gm)].map(
      ([, name = '', type, labels = '', meaning = '']) => {
        const values = samplesOf(name).flatMap(({ labels: { tool, le, ...others } }) =>
          Object.values(others),
        );
        const missing = values.filter((value) => !words(meaning).has(value));
        return { name, type, labels: words(labels), missing };
      },
    );
    const exposed = [...types].map(([name, type]) => {
      const labels = new Set(samplesOf(name).flatMap((sample) => Object.keys(sample.labels)));
      labels.delete('le');
      return { name, type, labels, missing: [] };
    });
    expect(rows).toEqual(exposed);
  });

  test('asks for nothing that is not there', async () => {
    const { read } = await start();
    const { samples } = await read();
    const names = new Set(samples.map(({ name }) => name));
    const queries = [...readme.matchAll(/^```promql\n(.*?)^```$/gms)].map(([, query]) => String(query));
    expect(queries.length).toBeGreaterThan(1);
    for (const query of queries) {
      for (const [name] of query.matchAll(/\bmcp_\w+/g)) expect(names).toContain(name);
      for (const [, label, value] of query.matchAll(/(\w+)="([^"]*)"/g))
        expect(samples.map(({ labels }) => labels[String(label)])).toContain(value);
    }
  });
});
