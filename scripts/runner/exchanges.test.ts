import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startFault } from '../../server/broken/fault.ts';
import { reply } from '../../server/broken/reply.ts';
import { startTemporary } from '../../server/temporary.ts';
import { ExchangeRecorder, framesOf } from './exchanges.ts';
import { Secrets } from './mask.ts';
import type { ExchangeResult } from './results.ts';
import { runMain, variables } from './run-main.ts';
import { environmentOf } from './testing.ts';

/** A case against the reference server, or another one, and its exchanges by their lanes. */
async function exchangesOf(id: string, args: string[] = []) {
  const run = await runMain(['--case', id, '--revision', '2025-11-25', ...args]);
  const [result] = run.cases();
  if (!result) throw new Error(run.screen);
  const all = result.exchanges;
  const lane = (name: string) => all.filter((one) => one.lane === name);
  return { run, result, all, lane };
}

const CONFORMANCE = ['--collection', 'conformance-2025'];

describe('the exchanges of a case', () => {
  it('are all that went over the wire, with the times at which it did', async () => {
    const { result, all, lane } = await exchangesOf('L-EFF-4', CONFORMANCE);
    expect(all.map((one) => one.lane)).toEqual(
      expect.arrayContaining(['session', 'ping', 'call', 'witness', 'cancel', 'evidence', 'end']),
    );
    expect(all.map((one) => one.sentMs)).toEqual(all.map((one) => one.sentMs).sort((a, b) => a - b));
    for (const one of all) {
      const times = [one.sentMs, one.response?.ms ?? 0, ...one.frames.map(({ ms }) => ms), one.endedMs];
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(one).toMatchObject({ endedBy: 'target', failure: null });
    }
    expect(Date.parse(result.startedAt)).toBeGreaterThan(Date.now() - 60_000);

    const [call] = lane('call') as [ExchangeResult];
    const [cancel] = lane('cancel') as [ExchangeResult];
    const early = call.frames.filter(({ ms }) => ms < cancel.sentMs);
    // Newman hands the stream over at its end: a frame that is older than the cancel was timed on its way.
    expect(early.at(-1)?.text).toContain('notifications/progress');
    expect(call.frames.at(-1)?.text).toContain('-32800');
    expect(call.frames.at(-1)?.ms).toBeGreaterThan(cancel.sentMs);
    expect(cancel).toMatchObject({ response: { status: 202, body: '' }, frames: [] });
  });

  it('show what was sent, but for what Newman adds, and no secret', async () => {
    const server = await startTemporary({ authToken: 'tops3cret' }, pino({ level: 'silent' }));
    onTestFinished(() => server.close());
    const target = ['--url', server.url, '--environment', 'reference', ...CONFORMANCE];
    const token = variables('authorization=Bearer tops3cret', 'headers={"X-Team":"blue-secret"}');
    const { run, lane } = await exchangesOf('L-EFF-4', [...target, ...token]);
    const [call] = lane('call') as [ExchangeResult];
    expect(call.request).toMatchObject({ method: 'POST', url: server.url });
    expect(call.request.headers).toEqual({
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      Authorization: '***',
      'X-Team': '***',
      'Mcp-Session-Id': 'session-1',
      'MCP-Protocol-Version': '2025-11-25',
    });
    expect(JSON.parse(call.request.body ?? '')).toMatchObject({
      method: 'tools/call',
      params: { name: 'slow' },
    });
    const [opened] = lane('session') as [ExchangeResult];
    expect(opened.response?.headers['mcp-session-id']).toBe('session-1');
    for (const file of run.files.filter((name) => name !== 'server.log'))
      expect(run.read(file)).not.toMatch(/tops3cret|blue-secret/);
  });

  it('tell sessions apart', async () => {
    const { all } = await exchangesOf('L-SES-4', CONFORMANCE);
    const sessions = new Set(all.map(({ request }) => request.headers['Mcp-Session-Id']));
    expect(sessions).toContain('session-1');
    expect(sessions).toContain('session-2');
  });

  it('say who ended them: the runner what the target leaves open', async () => {
    const [leavesOpen] = reply;
    if (leavesOpen?.name !== 'leaves-open') throw new Error('another fault stands first now');
    const server = await startFault(leavesOpen);
    onTestFinished(async () => void (await server.close()));
    const args = ['--url', server.url, '--environment', 'reference', ...variables('settleMs=400')];
    const { result, lane } = await exchangesOf('L-EFF-4', [...args, ...CONFORMANCE]);
    expect(result.fate).toBe('left open');
    expect(lane('call')[0]?.endedBy).toBe('runner');
    expect(lane('call')[0]?.endedMs).toBeGreaterThan(lane('end')[0]?.endedMs ?? Number.POSITIVE_INFINITY);
  });

  it('say who ended them: the proxy what it was asked to', async () => {
    const { all } = await exchangesOf('L-DISC-1');
    const dropped = all.filter(({ request }) =>
      Object.keys(request.headers).some((key) => /^x-hang-up/i.test(key)),
    );
    expect(dropped.map((one) => one.endedBy)).toContain('proxy');
  });
});

describe('the frames of a stream', () => {
  it('have the times of the blank lines that end them, whatever ends their lines', () => {
    expect(
      framesOf('\ufeffid: 1\r\ndata: a\r\n\r\n: hello\n\n\ndata: b\r\rdata: cut', [10, 20, 25, 30], 40),
    ).toEqual({
      frames: [
        { ms: 10, text: 'id: 1\ndata: a' },
        { ms: 20, text: ': hello' },
        { ms: 30, text: 'data: b' },
        { ms: 40, text: 'data: cut' },
      ],
      framesLeftOut: 0,
    });
  });

  it('are the first and the last of a very long one', () => {
    const text = Array.from({ length: 1000 }, (_, i) => `data: ${i}\n\n`).join('');
    const { frames, framesLeftOut } = framesOf(text, [], 5);
    expect([frames.length, framesLeftOut]).toEqual([200, 800]);
    expect([frames[99]?.text, frames[100]?.text]).toEqual(['data: 99', 'data: 900']);
  });
});

describe('the recorder', () => {
  const headers = (all: Record<string, string>) => ({
    members: Object.entries(all).map(([key, value]) => ({ key, value })),
  });
  /** An exchange in each session, whose answer says what `body` makes of its id. */
  function record(ids: string[], body: (id: string) => string = (id) => id, token = '') {
    const recorder = new ExchangeRecorder(Secrets.of(environmentOf({ authorization: token })));
    for (const [i, id] of ids.entries()) {
      const request = { method: 'POST', url: 'http://x.test/', headers: headers({ 'Mcp-Session-Id': id }) };
      recorder.begin(String(i), request);
      const answer = {
        code: 200,
        headers: headers({ 'X-Got': id, [`X-${token}`]: '' }),
        text: () => body(id),
      };
      recorder.end(String(i), null, answer, request, undefined);
    }
    return recorder.take(0);
  }
  const sessions = (all: ExchangeResult[]) => all.map(({ request }) => request.headers['Mcp-Session-Id']);
  const said = (all: ExchangeResult[]) => all.map(({ response }) => response?.body);

  it.each([
    ['that begin with each other', ['abcdefgh', 'abcdefghi', 'abcdefg']],
    ['that are names of ours', ['session-2', 'session-1', 'session-12']],
    ['that are words of ours', ['response', 'statusText', 'framesLeftOut']],
    ['that mean something to a pattern', ['.*$&$1\\[a-z](){}|^+?', '$$$$$$$$', '........']],
    ['that are short', ['1', '2', '1000']],
  ])('tells sessions apart by ids %s', (_what, ids) => {
    expect(sessions(record(ids))).toEqual(['session-1', 'session-2', 'session-3']);
  });

  it('names a session wherever its id stands, and however it is spelt there', () => {
    const id = 'n1"2/3&456';
    expect(said(record([id], (text) => `\n${text} ${JSON.stringify({ text })}\n`))).toEqual([
      '\nsession-1 {"text":"session-1"}\n',
    ]);
    expect(said(record(['1'], () => '1 of 1'))).toEqual(['1 of 1']);
  });

  it('masks a secret before it cuts what is too long, and in names of headers', () => {
    const [one] = record(['12345678'], () => `${'x'.repeat(19_995)}tops3cret`, 'tops3cret');
    expect(one?.response?.body).toMatch(/xx\*\*\*$/);
    expect(JSON.stringify(one)).not.toContain('tops3');
  });

  it('keeps a bounded amount of a case', () => {
    const all = record(
      Array.from({ length: 500 }, (_, i) => `session id ${i}`),
      () => '\0'.repeat(50_000),
    );
    expect(all).toHaveLength(500);
    expect(JSON.stringify(all).length).toBeLessThan(1_500_000);
    expect(all.at(-1)?.response?.body).toMatch(/^\0{200}… \(49800 more characters\)$/);
  });

  it('carries nothing over into the next case', () => {
    const recorder = new ExchangeRecorder(Secrets.of(environmentOf({})));
    const request = { method: 'GET', url: 'http://x.test/', headers: headers({}) };
    const answer = { code: 200, headers: headers({}), text: () => '' };
    for (const id of ['over', 'late']) recorder.begin(id, request);
    recorder.end('over', null, answer, request, undefined);
    recorder.next();
    recorder.end('late', null, answer, request, undefined);
    expect(recorder.take(0)).toEqual([]);
  });

  it('counts what is sent over TLS from the end of the handshake', () => {
    const recorder = new ExchangeRecorder(Secrets.of(environmentOf({})));
    const request = { method: 'GET', url: 'https://x.test/', headers: headers({}) };
    recorder.begin('1', request);
    const start = Date.now() + 1000;
    const offset = { socket: 1, connect: 10, secureConnect: 50, response: 60 };
    const history = { execution: { data: [{ timings: { start, offset } }] } };
    vi.spyOn(performance, 'now').mockReturnValue(start + 100 - performance.timeOrigin);
    onTestFinished(() => void vi.restoreAllMocks());
    recorder.end('1', null, { code: 200, headers: headers({}), text: () => '' }, request, history);
    expect(recorder.take(start)[0]).toMatchObject({ sentMs: 50, response: { ms: 60 }, endedMs: 100 });
  });
});
