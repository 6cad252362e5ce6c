/** What a caller cannot do. */

import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ended, type Message } from '../testing.ts';
import { readApis } from './apis.ts';
import { KEPT } from './batches.ts';
import { Database, FILE } from './database.ts';
import { createApplications } from './index.ts';
import { begin, dataFolder, inspected, SHORT, startApplications } from './testing.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function start(...options: Parameters<typeof startApplications>) {
  const server = await startApplications(...options);
  opened.push(server);
  return server;
}

test.each([
  ['query_database', { query: 'SELECT 1' }, /query: Invalid option/],
  ['query_database', { query: 'closest_pairs', sql: 'SELECT 1' }, /sql/],
  ['query_database', { query: 'closest_pairs', rows: '1; DROP TABLE bodies' }, /rows: .*expected number/],
  ['query_database', { query: 'closest_pairs', rows: 8001 }, /rows: .*8000/],
  ['query_database', { query: 'closest_pairs', rows: 1.5 }, /rows: .*int/],
  ['train_model', { epochs: 10_001 }, /epochs: .*10000/],
  ['train_model', { epochs: 1, samples: 20_001 }, /samples: .*20000/],
  ['call_api', { api: 'slow', seconds: 601 }, /seconds: .*600/],
  ['call_api', { api: 'slow', url: 'http://127.0.0.1/' }, /url/],
  ['process_batch', { items: 10_001 }, /items: .*10000/],
  ['process_batch', { items: 1, concurrency: 17 }, /concurrency: .*16/],
  ['process_batch', { items: 1, item_ms: 60_001 }, /item_ms: .*60000/],
  ['process_batch', { items: 1, output: '/etc/passwd' }, /output/],
  ['run_agent', { goal: 'x'.repeat(501) }, /goal: .*500/],
  ['run_agent', { goal: 'x', tools: ['run_agent'] }, /tools.0: Invalid option/],
  ['inspect', { key: 'k'.repeat(201) }, /key: .*200/],
])('%s %j is refused with what is allowed', async (tool, args, message) => {
  const { client } = await start();
  const { error } = await client.tool(tool, args);
  expect(error).toMatchObject({ code: -32602, message: expect.stringMatching(message) });
});

describe('the database', () => {
  /** What a caller could try if it could send SQL. */
  const ATTEMPTS: [string, RegExp][] = [
    ['CREATE TABLE mine (n INTEGER)', /read-only/],
    ['DELETE FROM bodies', /read-only/],
    ["COPY bodies TO '/tmp/bodies.csv'", /disabled by configuration/],
    ["SELECT * FROM read_text('/etc/passwd')", /disabled by configuration/],
    ["SELECT * FROM '/etc/passwd'", /disabled by configuration|does not exist/],
    ["ATTACH '/tmp/other.duckdb'", /disabled by configuration/],
    ['INSTALL httpfs', /disabled/],
    ['LOAD httpfs', /disabled/],
    ["SET memory_limit = '8GB'", /locked/],
    ['SET threads = 4', /locked/],
    ['SET enable_external_access = true', /locked|Cannot/],
    ['SET lock_configuration = false', /locked/],
    ['SELECT list(range) FROM range(100000000)', /Out of Memory/],
  ];

  test.each(ATTEMPTS)('refuses %s', async (sql, told) => {
    const database = await Database.open(await dataFolder());
    opened.push(database);
    const connection = await database.take();
    await expect(connection.run(sql)).rejects.toThrow(told);
  });

  test('that is none is told in one line, and what to do', async () => {
    const dataDir = await dataFolder();
    await writeFile(join(dataDir, FILE), 'no database');
    await expect(createApplications({ dataDir, witness: 'on' })).rejects.toMatchObject({
      name: 'ConfigError',
      lines: [expect.stringMatching(/^DATA_DIR=".*": its bodies.duckdb cannot be opened \(.*remove it/)],
    });
  });

  test('is made where there is none', async () => {
    const dataDir = await dataFolder();
    await rm(join(dataDir, FILE));
    opened.push(await Database.open(dataDir));
    expect(await readdir(dataDir)).toEqual([FILE]);
  });
});

describe('the list of APIs', () => {
  test.each([
    ['weather', '(masked)', 1],
    ['weather=', 'weather=(masked)', 1],
    ['weather=ftp://a.example', 'weather=(masked)', 1],
    ['weather=file:///etc/passwd', 'weather=(masked)', 1],
    ['weather=http://user:secret@a.example', 'weather=(masked)', 1],
    ['http://user:secret@a.example/?a=b', '(masked)', 1],
    ['Weather=http://a.example', '(masked)', 1],
    ['slow=http://a.example', 'slow=(masked)', 1],
    ['a=http://a.example,a=http://b.example', 'a=(masked)', 2],
  ])('%s is refused in one line, which does not repeat an address', (APIS, shown, at) => {
    const refusal = `APIS="${shown}": this is entry ${at}; allowed is a comma-separated list of name=url`;
    expect(() => readApis({ APIS })).toThrow(refusal);
    expect(() => readApis({ APIS })).not.toThrow(/secret|passwd/);
  });

  test('is empty if nothing is set', () => {
    expect([...readApis({}), ...readApis({ APIS: '' })]).toEqual([]);
    const APIS = 'a=http://a.example/x?y=1, b=https://b.example';
    expect([...readApis({ APIS }).keys()]).toEqual(['a', 'b']);
  });
});

describe('another API', () => {
  /** A server of which the applications know by the name `other`. */
  async function other(answer: RequestListener) {
    const api = createServer(answer).listen(0, '127.0.0.1');
    await once(api, 'listening');
    opened.push({ close: () => api.close() && api.closeAllConnections() });
    return knowing(`http://127.0.0.1:${(api.address() as AddressInfo).port}/`);
  }
  const knowing = (url: string) =>
    start({ create: (config) => createApplications(config, { APIS: `other=${url}` }) });
  const text = ({ result }: Message) => result.content[0].text;

  test('is called, and its answer returned', async () => {
    const { client } = await other((_req, res) => res.end('hello'));
    const { result } = await client.tool('call_api', { api: 'other', key: 'k' });
    expect(result.structuredContent).toEqual({ api: 'other', status: 200, bytes: 5, body: 'hello' });
    expect(await inspected(client, 'k', ({ left }) => left === 0)).toMatchObject({ work: 'finished' });
  });

  test('is hung up on when its call is cancelled', async () => {
    let gone: Promise<unknown> | undefined;
    const { client } = await other((_req, res) => {
      gone = once(res, 'close');
      res.write('wait');
    });
    const call = client.call('k', 'call_api', { api: 'other', key: 'k' });
    await call.find(({ method }) => method === 'notifications/progress');
    await client.cancel('k');
    await ended(call);
    await gone;
    const found = await inspected(client, 'k', ({ left }) => left === 0);
    expect(found).toMatchObject({ work: 'stopped', facts: { upstream_open: 0 } });
  });

  test('that nobody runs fails its call, and that is what is told', async () => {
    const nobody = createTcpServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    await once(nobody.close(), 'close');
    const { client } = await knowing(`http://127.0.0.1:${port}/`);
    const answer = await client.tool('call_api', { api: 'other', key: 'k' });
    expect(text(answer)).toBe('other cannot be called: ECONNREFUSED');
    const found = await inspected(client, 'k', ({ left }) => left === 0);
    expect(found).toMatchObject({ work: 'failed', told: 'never connected', stop_ms: null });
  });

  test('that never greets is given up when its call is cancelled', async () => {
    // The connection stands, but not for HTTPS.
    const mute = createTcpServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const sockets: Socket[] = [];
    mute.on('connection', (socket) => sockets.push(socket));
    opened.push({ close: () => mute.close() && sockets.map((socket) => socket.destroy()) });
    const { client } = await knowing(`https://127.0.0.1:${(mute.address() as AddressInfo).port}/`);
    const call = client.call('k', 'call_api', { api: 'other', key: 'k' });
    await once(mute, 'connection');
    await client.cancel('k');
    await ended(call);
    const found = await inspected(client, 'k', ({ left }) => left === 0);
    expect(found).toMatchObject({ work: 'stopped', told: 'never connected' });
    expect(found.stop_ms).toBeGreaterThan(0);
  });

  test('leads nowhere else', async () => {
    let asked = 0;
    const { client } = await other(({ url }, res) => {
      asked++;
      if (url === '/') res.writeHead(302, { Location: '/elsewhere' });
      res.end('secret');
    });
    const answer = await client.tool('call_api', { api: 'other' });
    expect(answer.result.isError).toBe(true);
    expect(text(answer)).toBe('other answered with a redirect (302), which is not followed.');
    expect(asked).toBe(1);
  });

  test.each<[string, RequestListener, RegExp]>([
    ['an error', (_req, res) => res.writeHead(500).end(), /^other answered with status 500\.$/],
    [
      'too much',
      (_req, res) => res.end('x'.repeat(100_001)),
      /^other answered with more than 100000 bytes\.$/,
    ],
    ['a hang-up', (_req, res) => res.destroy(), /^other cannot be called: /],
    ['nothing', () => {}, /^other did not answer within 1 s\.$/],
  ])('that answers with %s fails its call', async (_what, answer, message) => {
    const { client } = await other(answer);
    const failed = await client.tool('call_api', { api: 'other', seconds: 1, key: 'k' });
    expect(failed.result.isError).toBe(true);
    expect(text(failed)).toMatch(message);
    await inspected(client, 'k', ({ work, left }) => work !== 'running' && left === 0);
    expect((await client.state('k')).finished).toBe(0);
  });

  test('that is on no list is refused, and the list told', async () => {
    const { client } = await start();
    const answer = await client.tool('call_api', { api: 'http://127.0.0.1/' });
    expect(text(answer)).toBe('There is no API "http://127.0.0.1/". APIs there are: slow.');
  });
});

describe.each([
  ['query_database', 2, /^All 2 connections to the database are in use; try again/],
  ['train_model', 2, /^All 2 threads for training are in use; try again/],
])('of %s, calls beyond %d', (tool, most, message) => {
  test('are refused until one of the others has ended', async () => {
    const { client } = await start();
    for (let n = 0; n < most; n++) await begin(client, tool, `k-${n}`);
    const { result } = await client.tool(tool, { ...SHORT[tool] });
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(message) }] });
    await client.cancel('k-0');
    await inspected(client, 'k-0', ({ left }) => left === 0);
    await begin(client, tool, 'k-next');
  });
});

test('the outputs of batches are bounded: the oldest are removed', async () => {
  const { client, dataDir } = await start();
  for (let n = 0; n < KEPT + 3; n++)
    await client.tool('process_batch', { items: 1, item_ms: 10, key: `k-${n}` });
  const files = await readdir(join(dataDir, 'batches'));
  expect(files).toHaveLength(KEPT);
  const lines = (await readFile(join(dataDir, 'batches', String(files[0])), 'utf8')).trim().split('\n');
  expect(JSON.parse(String(lines[0]))).toMatchObject({
    item: 0,
    rows: expect.any(Number),
    mean: expect.any(Number),
  });
});
