import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../server/config.ts';
import { TEST_CERTIFICATE } from '../proxy/testing.ts';
import { answer, closing, run, start, startOddServer, startReference } from './testing.ts';

/** The lesson's "Expected Output", but for how long it waits. */
const LESSON = `🚀 Starting cancellable task demonstration...
✅ Connected to MCP server.
✅ Session initialized.
📁 Starting long-running task 'process_large_file'...
   (Task with request ID 1 will be cancelled in 0.3 seconds)
⏹️ Waited 0.3 seconds. Sending cancellation for request 1...
✅ Task 1 was successfully cancelled by the server!

🎉 Demo finished.`.split('\n');

const SOON = ['--after', '0.3'];

/** The lesson's output where a line is another. */
const lessonWith = (line: string) => LESSON.map((each) => (each.startsWith('✅ Task 1') ? line : each));

async function serve(settings: Partial<Config> = {}) {
  const server = await startReference(settings);
  return { server, at: ['--url', server.url] };
}

async function serveOddly(call: Parameters<typeof startOddServer>[0]) {
  const server = await startOddServer(call);
  closing(server);
  return { server, at: ['--url', server.url] };
}

describe('npm run client', () => {
  it.each([
    ['error', 'sse', '✅ Task 1 was successfully cancelled by the server!'],
    ['error', 'json', '✅ Task 1 was successfully cancelled by the server!'],
    ['none', 'sse', '✅ Task 1 is over: the server closed the stream without a response.'],
    ['none', 'json', '✅ Task 1 is over: the server answered 202, without a response.'],
  ] as const)('prints the lesson, line by line (%s, %s)', async (cancelReply, responseMode, end) => {
    const { server, at } = await serve({ cancelReply, responseMode });
    const { exitCode, lines, stderr } = await run('client', [...at, ...SOON]);
    expect(lines).toEqual(lessonWith(end));
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(server.logged('cancel')).toMatchObject([{ id: 1, result: 'cancelled' }]);
    expect(server.sessions.size).toBe(0);
  });

  it('cancels by $/cancelRequest with --lsp-cancel, and takes the address from MCP_URL', async () => {
    const { server } = await serve();
    const { lines } = await run('client', [...SOON, '--lsp-cancel'], { MCP_URL: server.url });
    expect(lines).toEqual(LESSON);
    // What the extension cannot carry is a reason.
    expect(server.logged('cancel')).toMatchObject([{ id: 1, result: 'cancelled', reason: null }]);
  });

  it('tells every event as a line of JSON with --json', async () => {
    const { at } = await serve();
    const args = ['--json', '--after', '1.5', '--file', 'dataset.csv', '--processing-time', '5'];
    const { lines } = await run('client', [...at, ...args]);
    const events = lines.map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual([
      'starting',
      'connected',
      'initialized',
      'call',
      'log',
      'progress',
      'log',
      'cancel',
      'accepted',
      'end',
      'finished',
    ]);
    expect(events[3]).toMatchObject({
      id: 1,
      arguments: { filename: 'dataset.csv', processing_time: 5 },
      cancelAfterMs: 1500,
    });
    expect(events[5]).toMatchObject({ id: 1, progress: 1, total: 5 });
    expect(events[7]).toMatchObject({ id: 1, method: 'notifications/cancelled', afterMs: 1500 });
    expect(events[8]).toMatchObject({ id: 1, status: 202 });
    expect(events[9]).toMatchObject({ id: 1, end: { kind: 'error', code: -32800 } });
    expect(events[10]).toMatchObject({ exitCode: 0 });
    const times = events.map(({ ms }) => ms);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('breaks lines between words on a narrow screen', async () => {
    const { at } = await serve();
    const { lines } = await run('client', [...at, ...SOON], { COLUMNS: '40' });
    for (const line of lines) expect(line.length).toBeLessThan(40);
    expect(lines.slice(0, 3)).toEqual([
      '🚀 Starting cancellable task',
      '   demonstration...',
      '✅ Connected to MCP server.',
    ]);
    const words = (text: string[]) => text.join(' ').split(/\s+/);
    expect(words(lines)).toEqual(words(LESSON));
  });

  it('says in one line how to start a server where there is none, and ends with 3', async () => {
    const server = await startOddServer(() => {});
    await server.close();
    const { exitCode, lines, stderr } = await run('client', ['--url', server.url]);
    expect(lines).toEqual([]);
    expect(stderr).toBe(
      `no server answers at ${server.url} (ECONNREFUSED): start one with npm start, or give --url\n`,
    );
    expect(exitCode).toBe(3);
  });

  it('says that a certificate is not trusted, and what names who signed it', async () => {
    const server = tls.createServer(TEST_CERTIFICATE).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const { exitCode, lines, stderr } = await run('client', ['--url', url]);
    expect([exitCode, lines]).toEqual([3, []]);
    expect(stderr).toBe(
      `the certificate of ${url} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): NODE_EXTRA_CA_CERTS=ca.pem in front of the command names who signed it\n`,
    );
  });

  it('opens no session without the token, and one with it', async () => {
    const { server, at } = await serve({ authToken: 'secret' });
    const without = await run('client', at);
    expect(without).toMatchObject({ exitCode: 3, lines: [] });
    expect(without.stderr).toBe(
      `${server.url} answered 401: give its token with --token, or in MCP_AUTHORIZATION\n`,
    );
    expect((await run('client', [...at, ...SOON, '--token', 'secret'])).lines).toEqual(LESSON);
  });

  it('cancels the running call on Ctrl-C, says so, and ends with 130', async () => {
    const { server, at } = await serve();
    const client = start('client', at);
    await client.shown('in 3 seconds');
    await expect.poll(() => server.sessions.callsInFlight).toBe(1);
    client.kill('SIGINT');
    // Passed on by npm, a Ctrl-C comes a second time.
    client.kill('SIGINT');
    const { exitCode, lines } = await client.ended;
    expect(lines.slice(5)).toEqual([
      '⏹️ Interrupted. Sending cancellation for request 1...',
      '✅ Task 1 was successfully cancelled by the server!',
    ]);
    expect(exitCode).toBe(130);
    expect(server.logged('cancel')).toMatchObject([{ id: 1, result: 'cancelled' }]);
    expect(server.sessions.size).toBe(0);
  });

  it('says so where the call ends before the cancel is due', async () => {
    const { at } = await serve();
    const { exitCode, lines } = await run('client', [...at, '--file', 'nope.csv']);
    expect(lines.slice(0, 4)).toEqual(LESSON.slice(0, 4));
    expect(lines.slice(5)).toEqual([
      expect.stringMatching(/^❌ Task 1 ended before it could be cancelled: a result, "Cannot process "nope/),
    ]);
    expect(exitCode).toBe(1);
  });

  const text = (text: string) => ({ result: { content: [{ type: 'text', text }] } });

  it.each<[string, Parameters<typeof startOddServer>[0], string]>([
    [
      'answers with a result after the cancel',
      (response, asked, whenCancelled) =>
        whenCancelled.then(() => answer(response, asked, text('done \u001b[31m\u202eanyway'))),
      '❌ Task 1 was not cancelled: a result, "done ␛[31m\ufffdanyway"',
    ],
    [
      'answers with another error',
      (response, asked, whenCancelled) =>
        whenCancelled.then(() => answer(response, asked, { error: { code: 0, message: 'stop' } })),
      '❌ Task 1 was not cancelled: error 0, "stop"',
    ],
    [
      'never ends the stream',
      (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n'),
      '❌ Task 1 was not ended: no response, and the exchange still open 2 seconds after the cancel.',
    ],
    [
      'drops the connection',
      (response, _asked, whenCancelled) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
        whenCancelled.then(() => response.destroy());
      },
      '❌ Task 1 was not cancelled: the connection broke (terminated)',
    ],
  ])('says so where a server %s, and ends with 1', async (_what, call, line) => {
    const { server, at } = await serveOddly(call);
    const { exitCode, lines } = await run('client', [...at, ...SOON]);
    expect(lines).toEqual([...LESSON.slice(0, 6), line]);
    expect(exitCode).toBe(1);
    expect(server.cancelled).toEqual([1]);
  });

  it.each<[string, Parameters<typeof startOddServer>[0], RegExp]>([
    ['refuses the call', (response) => response.writeHead(400).end('no'), /: HTTP status 400, ".*no"$/],
    ['goes away', (response) => response.destroy(), /: the connection broke \(UND_ERR_SOCKET\)$/],
  ])('says so where a server %s', async (_what, call, line) => {
    const { at } = await serveOddly(call);
    const { exitCode, lines } = await run('client', at);
    expect(lines.at(-1)).toMatch(/^❌ Task 1 ended before it could be cancelled/);
    expect(lines.at(-1)).toMatch(line);
    expect(exitCode).toBe(1);
  });
});
