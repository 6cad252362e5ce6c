/** What goes wrong around a server: clients that vanish or do not read, a data folder that goes. Its process: main.test.ts. */

import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Config } from './config.ts';
import { scrape } from './scrape.ts';
import {
  ended,
  handles,
  leftovers,
  type Message,
  NOTHING,
  startServer,
  TestClient,
  type TestServer,
} from './testing.ts';
import { defineTool, result } from './tools/tool.ts';

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function start(settings: Partial<Config> = {}, ...more: Parameters<typeof startServer>[1][]) {
  const server = await startServer(settings, ...more);
  opened.push(server);
  return server;
}

async function open(url: string) {
  const client = await TestClient.open(url);
  opened.push(client);
  return client;
}

/** A call on a bare socket, which reads nothing before it is told to. */
function callBy(url: string, client: TestClient, name: string, args: object): Socket {
  const { hostname, port } = new URL(url);
  const params = { name, arguments: args, _meta: { progressToken: 1 } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const head = [
    'POST /mcp HTTP/1.1',
    `Host: ${hostname}:${port}`,
    'Accept: application/json, text/event-stream',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Mcp-Session-Id: ${client.session}`,
    `Mcp-Protocol-Version: ${client.revision}`,
  ];
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  opened.push({ close: () => socket.destroy() });
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

/** Waits until a text has come, and gives all that came until then. */
async function until(socket: Socket, wanted: string): Promise<string> {
  let seen = '';
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    seen += piece;
    if (seen.includes(wanted)) return seen;
  }
  throw new Error(`The connection ended without ${wanted}: ${seen}`);
}

const eventIds = (text: string) => [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => String(id));
const resume = (client: TestClient, id: string | undefined) =>
  client.post(undefined, { 'last-event-id': String(id) }, 'GET');
const progressOf = ({ messages }: { messages: Message[] }): number[] =>
  messages.flatMap(({ params }) => params?.progress ?? []);

describe('a client that goes in the middle of a stream', () => {
  test.each([
    ['killed: its connection is reset', (socket: Socket) => socket.resetAndDestroy()],
    ['half gone: it will send no more, and would still read', (socket: Socket) => socket.end()],
  ])('%s', async (_how, leave) => {
    const server = await start();
    const [client, other] = [await open(server.url), await open(server.url)];
    const session: Message = server.sessions.find(String(client.session));
    const untouched = other.call(1, 'slow', { key: 'untouched', steps: 40, interval_ms: 5 });
    const socket = callBy(server.url, client, 'slow', { key: 'left', steps: 40, interval_ms: 5 });
    const last = eventIds(await until(socket, '"progress":3,')).at(-1);
    leave(socket);
    await expect.poll(() => session.exchanges, { interval: 5, timeout: 5000 }).toBe(0);
    // Nobody cancelled it, so it runs on, and the client finds what it missed.
    const back = resume(client, last);
    await ended(back);
    expect(progressOf(back)).toEqual(Array.from({ length: 37 }, (_, i) => i + 4));
    expect(back.messages.at(-1).result.content[0].text).toBe('completed 40 steps');
    expect((await untouched.answer()).result.content[0].text).toBe('completed 40 steps');
    expect(leftovers(session)).toEqual(NOTHING);
    expect(server.logged('cancel')).toEqual([]);
  });
});

test('a client that vanishes after its answer: the server closes the connection after KEEP_ALIVE_SECONDS', async () => {
  const before = handles();
  const server = await startServer({ keepAliveSeconds: 1 });
  const client = await TestClient.open(server.url);
  const socket = callBy(server.url, client, 'quick', { text: 'last words' });
  await until(socket, 'last words');
  // It neither sends nor closes; the server has to.
  const began = performance.now();
  await once(socket.resume(), 'end');
  expect(performance.now() - began).toBeLessThan(10_000);
  socket.destroy();
  await client.close();
  await server.close();
  await expect.poll(handles, { timeout: 5000 }).toEqual(before);
});

describe('a client that does not read', () => {
  const MESSAGE = 'x'.repeat(1000);

  /** Reports progress for as long as it is told to go on. */
  const flood = (goOn: (reported: number) => boolean, atOnce = 1) =>
    defineTool({
      name: 'flood',
      title: 'Flood',
      description: 'Reports progress as fast as it can.',
      input: z.strictObject({}),
      async handler(_args, call) {
        let reported = 0;
        while (goOn(reported)) {
          for (let i = 0; i < atOnce; i++) call.progress(++reported, undefined, MESSAGE);
          await setImmediate();
        }
        return result(`reported ${reported}`);
      },
    });

  test('is dropped before much waits for it, while its call runs on, and may come back', async () => {
    // The kernel takes some megabytes, and the server 16.
    const most = 300_000;
    let session: Message;
    const server: TestServer = await start({ maxEvents: 100_000, maxEventBytes: 1_000_000_000 }, [
      flood((reported) => reported < most && (reported === 0 || session.exchanges > 0)),
    ]);
    const client = await open(server.url);
    session = server.sessions.find(String(client.session));
    const handlerEnded = once(session.telemetry, 'handlerEnded');
    const socket = callBy(server.url, client, 'flood', {});
    await handlerEnded;
    expect(session.exchanges).toBe(0);
    expect(server.logged('stream dropped')).toMatchObject([{ unread_bytes: expect.any(Number) }]);
    expect((await scrape(server.url)).sum('mcp_streams_dropped_total')).toBe(1);

    let seen = '';
    for await (const piece of socket) seen += piece;
    const whole = seen.slice(0, seen.lastIndexOf('\n\n'));
    const read = eventIds(whole).length - 1;
    const back = resume(client, eventIds(whole).at(-1));
    await ended(back);
    const reported = Number(/\d+/.exec(back.messages.at(-1).result.content[0].text));
    expect(reported).toBeLessThan(most);
    expect(progressOf(back)).toEqual(Array.from({ length: reported - read }, (_, i) => read + 1 + i));
    expect(leftovers(session)).toEqual(NOTHING);
  });

  test('is not one that reads, when much comes at once', async () => {
    // Some 14 MB: less than may wait for any client.
    const server = await start({}, [flood((reported) => reported < 12_000, 500)]);
    const client = await open(server.url);
    const call = client.call(1, 'flood', {});
    await ended(call);
    expect(progressOf(call)).toHaveLength(12_000);
    expect(call.messages.at(-1).result.content[0].text).toBe('reported 12000');
  });

  test('is dropped after a while, though nothing more comes', async () => {
    const server = await start({}, [flood((reported) => reported < 12_000, 12_000)]);
    const client = await open(server.url);
    const session: Message = server.sessions.find(String(client.session));
    const dropped = once(session.telemetry, 'streamDropped');
    const socket = callBy(server.url, client, 'flood', {});
    const [unread] = await dropped;
    expect(unread).toBeGreaterThan(131_072);
    socket.destroy();
  });

  test('may leave a little for as long as it likes, and is dropped when more comes on top', async () => {
    const responses: ServerResponse[] = [];
    const noted = (message: unknown) => responses.push((message as { response: ServerResponse }).response);
    diagnostics.subscribe('http.server.request.start', noted);
    opened.push({ close: () => diagnostics.unsubscribe('http.server.request.start', noted) });
    let kept = false;
    const patient = defineTool({
      name: 'patient',
      title: 'Patient',
      description: 'Reports until a little waits, then nothing until the server has looked, and then much.',
      input: z.strictObject({}),
      async handler(_args, call) {
        const response = responses.at(-1) as ServerResponse;
        let reported = 0;
        while (response.writableLength < 65_536) {
          call.progress(++reported, undefined, MESSAGE);
          await setImmediate();
        }
        await once(response, 'timeout');
        kept = !response.destroyed;
        for (let i = 0; i < 4000; i++) call.progress(++reported, undefined, MESSAGE);
        return result('patient');
      },
    });
    const server = await start({}, [patient]);
    const client = await open(server.url);
    const session: Message = server.sessions.find(String(client.session));
    const dropped = once(session.telemetry, 'streamDropped');
    callBy(server.url, client, 'patient', {});
    await dropped;
    expect(kept).toBe(true);
  });

  test('is not one that reads slowly and steadily, while more comes', async () => {
    const steady = defineTool({
      name: 'steady',
      title: 'Steady',
      description: 'Reports much at once, and then a little for some seconds.',
      input: z.strictObject({}),
      async handler(_args, call) {
        for (let i = 1; i <= 8000; i++) call.progress(i, undefined, MESSAGE);
        for (let i = 8001; i <= 8060; i++) {
          await setTimeout(50);
          call.progress(i, undefined, MESSAGE);
        }
        return result('steady');
      },
    });
    const server = await start({}, [steady]);
    const socket = callBy(server.url, await open(server.url), 'steady', {});
    let seen = '';
    // 8 MB in some 3 s: longer than a client may rest that does not read.
    for await (const piece of socket) {
      seen += piece;
      if (seen.endsWith('0\r\n\r\n')) break;
      await setTimeout((piece.length / 65_536) * 25);
    }
    expect(seen).toContain('"text":"steady"');
    expect(server.logged('stream dropped')).toEqual([]);
  });

  test('is not one whose answer is large', async () => {
    const large = defineTool({
      name: 'large',
      title: 'Large',
      description: 'Answers with more than any buffer on the way holds.',
      input: z.strictObject({}),
      handler: async () => result('x'.repeat(8_000_000)),
    });
    const server = await start({}, [large]);
    const client = await open(server.url);
    expect((await client.tool('large', {})).result.content[0].text).toHaveLength(8_000_000);
  });
});

describe('a data folder that goes', () => {
  test.each([
    ['before it is first used', false],
    ['after it was used', true],
  ])('%s: its calls fail, others go on, and so do they when it is back', async (_when, used) => {
    const server = await start();
    const client = await open(server.url);
    const args = { filename: 'dataset.csv', processing_time: 1, tick_ms: 10 };
    const count = () => client.tool('process_large_file', args);
    if (used) await count();
    const other = client.call('other', 'slow', { key: 'other', steps: 10, interval_ms: 5 });
    await rm(server.dataDir, { recursive: true });
    await writeFile(server.dataDir, 'in its place');
    expect((await count()).error).toEqual({
      code: -32603,
      message: "process_large_file failed unexpectedly; the server's log says more",
    });
    expect(server.logged('tool failed unexpectedly')).toMatchObject([
      { level: 50, tool: 'process_large_file', err: { code: used ? 'ENOTDIR' : 'EEXIST' } },
    ]);
    expect((await other.answer()).result.content[0].text).toBe('completed 10 steps');

    await rm(server.dataDir);
    await mkdir(server.dataDir);
    if (used) await writeFile(join(server.dataDir, 'dataset.csv'), 'id\n1\n');
    expect((await count()).result.structuredContent).toMatchObject({ lines: used ? 2 : 801 });
    expect(await readdir(server.dataDir)).toEqual(
      used ? ['dataset.csv'] : ['dataset.csv', 'large_dataset.csv'],
    );
  });
});
