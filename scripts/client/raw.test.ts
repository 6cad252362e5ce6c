import { describe, expect, it } from 'vitest';
import { type Fault, startFault } from '../../server/broken/fault.ts';
import { FAULTS } from '../../server/broken/index.ts';
import { suiteVersion } from '../suite-version.ts';
import { closing, type Ended, run, start, startOddServer, startReference } from './testing.ts';

const WIDE = { COLUMNS: '500' };

/** What passed, without what is another each time: milliseconds, ids of events, of sessions and of keys. */
function passed({ lines }: Ended): string[] {
  const end = lines.indexOf('');
  return lines.slice(0, end).map((line) =>
    line
      .replace(/^ *\d+ ms /, '')
      .replace(/…\S{6}/, '…')
      .replace(/session \w{8}…/, 'session …')
      .replace(/("key":")[^"]+/, '$1…'),
  );
}

const summary = ({ lines }: Ended) => lines.slice(lines.indexOf('') + 1).join(' ');

const OPENING = [
  `→ POST initialize id 1 {"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"${suiteVersion()}"}}`,
  '← 200 text/event-stream session …',
  '← event … no data, retry 500 ms',
  expect.stringMatching(/^← event … result id 1 \{"protocolVersion":"2025-11-25",/),
  '· the stream has ended',
  '→ POST notifications/initialized',
  '← 202 no body',
];
const CLOSING = ['→ DELETE', '← 200 no body'];
const CALL =
  '→ POST tools/call id 2 process_large_file {"filename":"large_dataset.csv","processing_time":10,"tick_ms":320}';
const CANCEL = '→ POST notifications/cancelled {"requestId":2,"reason":"quick enough"}';
const STREAM = [
  '← 200 text/event-stream',
  '← event … no data, retry 500 ms',
  '← event … log info "Starting to process large_dataset.csv (Request: 2)"',
  ...[1, 2, 3].flatMap((tick) => [
    `← event … progress ${tick}/10 Processed chunk ${tick}/10`,
    `← event … log info "Processed chunk ${tick}/10"`,
  ]),
];
const FINAL = '← event … error id 2 -32800 "Request cancelled" {"reason":"quick enough"}';

describe('npm run client -- quick', () => {
  it.each([
    ['error', [FINAL], /^Request 2 ended [\d.]+ ms after the cancel was sent: error -32800 "Request canc/],
    ['none', [], /^Request 2 ended [\d.]+ ms after the cancel was sent: no response, and the stream was clo/],
  ] as const)('shows the whole exchange as it happens (%s)', async (cancelReply, final, last) => {
    const server = await startReference({ cancelReply });
    const ended = await run('client', ['quick', '--url', server.url], WIDE);
    const lines = passed(ended);
    const cancel = lines.indexOf(CANCEL);
    const before = [...OPENING, CALL, ...STREAM];
    expect(lines.slice(0, before.length)).toEqual(before);
    // On a busy machine, one more may come before the cancel is sent.
    for (const line of lines.slice(before.length, cancel)) expect(line).toMatch(/(progress|log)/);
    // Two exchanges end at once, in either order.
    const both = ['← 202 no body', '· the stream has ended', ...final];
    expect(lines.slice(cancel + 1, -2).toSorted()).toEqual(both.toSorted());
    expect(lines.slice(-2)).toEqual(CLOSING);
    expect(summary(ended)).toMatch(last);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(server.logged('cancel')).toMatchObject([{ id: 2, result: 'cancelled' }]);
    expect(server.sessions.size).toBe(0);
    const times = ended.lines.flatMap((line) => /^ *(\d+) ms /.exec(line)?.[1] ?? []).map(Number);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it.each([
    [
      'error',
      ['← 200 application/json', '← error id 2 -32800 "Request cancelled" {"reason":"quick enough"}'],
      /: error -32800 "Request cancelled"\.$/,
    ],
    ['none', ['← 202 no body'], /: no response, and HTTP status 202\.$/],
  ] as const)('understands a server that answers in JSON (%s)', async (cancelReply, final, last) => {
    const server = await startReference({ cancelReply, responseMode: 'json' });
    const ended = await run('client', ['quick', '--url', server.url], WIDE);
    const lines = passed(ended);
    expect(lines.slice(1, 3)).toEqual([
      '← 200 application/json session …',
      expect.stringMatching(/^← result id 1 \{/),
    ]);
    const cancel = lines.indexOf(CANCEL);
    expect(lines[cancel - 1]).toBe(CALL);
    expect(lines.slice(cancel + 1, -2).toSorted()).toEqual(['← 202 no body', ...final].toSorted());
    expect(summary(ended)).toMatch(last);
    expect(ended.exitCode).toBe(0);
  });

  it('cuts lines to 80 columns, or to those of the screen', async () => {
    const server = await startReference();
    const args = ['quick', '--url', server.url];
    const [normal, narrow] = await Promise.all([run('client', args), run('client', args, { COLUMNS: '40' })]);
    expect(normal.lines[0]).toMatch(
      /^ {2,4}\d+ ms → POST initialize id 1 \{"protocolVersion":"2025-11-25".*…$/,
    );
    for (const line of normal.lines) expect(line.length, line).toBeLessThan(80);
    expect(narrow.lines[0]).toMatch(/^ {2,4}\d+ ms → POST initialize id 1 \{"prot…$/);
    for (const line of narrow.lines) expect(line.length, line).toBeLessThan(40);
  });

  it('ends with 1 where the call ends before the cancel is due', async () => {
    const server = await startOddServer((response) => response.writeHead(400).end());
    closing(server);
    const ended = await run('client', ['quick', '--url', server.url]);
    expect(summary(ended)).toBe('Not cancelled: request 2 ended before: no response, and HTTP status 400.');
    expect(ended.exitCode).toBe(1);
  });

  it('cancels on Ctrl-C, and ends with 130', async () => {
    const server = await startReference();
    const client = start('client', ['quick', '--url', server.url], WIDE);
    await client.shown('Starting to process');
    client.kill('SIGINT');
    const ended = await client.ended;
    expect(passed(ended)).toContain('· interrupted: cancelling request 2');
    expect(ended.exitCode).toBe(130);
    expect(server.logged('cancel')).toMatchObject([{ id: 2, result: 'cancelled' }]);
  });

  it('shows what a hostile server says as text', async () => {
    const server = await startOddServer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: \u001b]0;title\u0007\u202e no JSON\n\n');
    });
    closing(server);
    const ended = await run('client', ['quick', '--url', server.url], WIDE);
    expect(passed(ended)).toContain('← event (no JSON-RPC message) ␛]0;title␇\ufffd no JSON');
    expect(summary(ended)).toMatch(
      /^Not ended: request 2 was still open 2\.\d s after the cancel was sent\.$/,
    );
    expect(ended.exitCode).toBe(1);
  });
});

describe('npm run client -- disconnect', () => {
  it.each([
    [
      'error',
      [/^← event … error id 2 -32800 "Request cancelled"/],
      /, and at the end: error -32800 "Request/,
    ],
    ['none', [], /, and at the end: no response, and the stream was closed\.$/],
  ] as const)('hangs up, cancels, and fetches what was missed (%s)', async (cancelReply, final, last) => {
    const server = await startReference({ cancelReply });
    const ended = await run('client', ['disconnect', '--url', server.url], WIDE);
    const lines = passed(ended);
    expect(lines.slice(0, 7)).toEqual(OPENING);
    const steps = lines.filter(
      (line) => /^·|GET|notifications\/cancelled/.test(line) && !/ended$/.test(line),
    );
    expect(steps).toEqual([
      '· hanging up: the connection is closed, and no cancel is sent',
      expect.stringMatching(/^· the call runs on: \d ticks, now \d; cancelling it$/),
      '→ POST notifications/cancelled {"requestId":2,"reason":"nobody listens any more"}',
      '→ GET, Last-Event-ID …',
    ]);
    const missed = lines.slice(lines.indexOf('→ GET, Last-Event-ID …') + 1);
    expect(missed[0]).toBe('← 200 text/event-stream');
    expect(missed).toContain('← event … progress 3/100 Step 3 of 100');
    expect(missed.slice(-3)).toEqual(['· the stream has ended', ...CLOSING]);
    for (const line of final) expect(missed.at(-4)).toMatch(line);
    expect(summary(ended)).toMatch(
      /^The call ran on after the connection was closed, from \d to \d ticks, until the explicit cancel stopped it\. Last-Event-ID brought \d+ messages/,
    );
    expect(summary(ended)).toMatch(last);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(server.sessions.size).toBe(0);
  });

  it('says so where a server takes a disconnect for a cancel, and ends with 1', async () => {
    const fault = FAULTS.find(({ name }) => name === 'disconnect-cancels');
    const server = await startFault(fault as Fault);
    closing(server);
    const ended = await run('client', ['disconnect', '--url', server.url]);
    expect(summary(ended)).toMatch(
      /^The call did not run on: the witness says "cancelled" after \d ticks\. This server takes a disconnect for a cancel\.$/,
    );
    expect(ended.exitCode).toBe(1);
  });

  it('says what a server that answers in JSON cannot show, and ends with 3', async () => {
    const server = await startReference({ responseMode: 'json' });
    const ended = await run('client', ['disconnect', '--url', server.url]);
    expect(summary(ended)).toMatch(
      /^The call ran on .* What was missed cannot be fetched: this server answers in JSON, without streams\.$/,
    );
    expect(ended.exitCode).toBe(3);
  });

  it('says that nobody can tell without a witness, and cancels the call all the same', async () => {
    const server = await startReference({ witness: 'off' });
    const ended = await run('client', ['disconnect', '--url', server.url]);
    expect(summary(ended)).toBe(
      'Not shown: without a witness (the tool "state") nobody can tell whether the call ran on.',
    );
    expect(ended.exitCode).toBe(3);
    expect(server.logged('cancel')).toMatchObject([{ id: 2, result: 'cancelled' }]);
  });
});
