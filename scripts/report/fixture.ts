import type { CheckRecord, Verdict } from '../../collections/src/lib/record.ts';
import type { CaseResult, Results, RunResult } from '../runner/results.ts';
import { tally } from './verdict.ts';

const page = 'https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation';

/** Everything a target could say to break a report: markup, separators, escapes, controls, a very long line. */
export const nasty = `<script>alert("1")</script> & 'a' | b % c, d: e \`f\` ]]> ]]> \u001b[31mred\u0000 ünï→ 日本語 😀 \ud800 $& ${'long '.repeat(60)}`;

const transcript = [
  '     0.0 ms  → POST initialize id=1',
  '    12.4 ms  ← 200 application/json',
  '    15.0 ms  → POST tools/call id="call-1" slow {"key":"k1","steps":40}',
  '    21.9 ms  ← 200 text/event-stream',
  '    42.0 ms  ← event 1 notifications/progress {"progress":1,"total":40}',
  '    62.3 ms  ← event 2 notifications/progress {"progress":2,"total":40}',
  '    63.1 ms  → POST notifications/cancelled {"requestId":"call-1","reason":"the user pressed stop"}',
  '    65.0 ms  ← 202',
  '    66.2 ms  ← event 3 error -32800 {"code":-32800,"message":"Request cancelled","data":{"reason":"the user pressed stop"}}',
  '    66.4 ms  ← end of stream',
].join('\n');

/** A cancelled call as it went over the wire: three frames, and 3.1 ms from the cancel to the end. */
const exchanges: CaseResult['exchanges'] = [
  exchange('session', 0.2, 12.4, { id: 9999, method: 'initialize', params: {} }, []),
  exchange(
    'call',
    15,
    66.4,
    { id: 'call-1', method: 'tools/call', params: { name: 'slow', arguments: {} } },
    [
      [
        42,
        '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"k1","progress":1}}',
      ],
      [62.3, `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":${JSON.stringify(nasty)}}}`],
      [66.2, '{"jsonrpc":"2.0","id":"call-1","error":{"code":-32800,"message":"Request cancelled"}}'],
    ],
  ),
  exchange('cancel', 63.3, 65, { method: 'notifications/cancelled', params: { requestId: 'call-1' } }, []),
  exchange('evidence', 380, 384.2, { id: 'evidence', method: 'tools/call', params: { name: 'state' } }, []),
];

function exchange(
  lane: string,
  sentMs: number,
  endedMs: number,
  message: object,
  events: Array<[ms: number, data: string]>,
): CaseResult['exchanges'][number] {
  const stream = events.length > 0;
  return {
    lane,
    request: {
      method: 'POST',
      url: 'http://127.0.0.1:8000/mcp',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        ...(lane === 'session' ? {} : { 'Mcp-Session-Id': 'session-1' }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    },
    sentMs,
    response: {
      ms: stream ? sentMs + 6.9 : endedMs - 0.2,
      status: lane === 'cancel' ? 202 : 200,
      statusText: lane === 'cancel' ? 'Accepted' : 'OK',
      headers: { 'Content-Type': stream ? 'text/event-stream' : 'application/json' },
      body: stream ? null : lane === 'cancel' ? '' : '{"jsonrpc":"2.0","id":1,"result":{}}',
    },
    frames: events.map(([ms, data], i) => ({ ms, text: `id: ${i}\nevent: message\ndata: ${data}` })),
    framesLeftOut: 0,
    endedMs,
    endedBy: 'target',
    failure: null,
  };
}

function check(title: string, verdict: Verdict, expected: string, observed: string): CheckRecord {
  return {
    level: title.split(' ')[0] as CheckRecord['level'],
    title,
    spec: page,
    verdict,
    expected,
    observed,
  };
}

function one(id: string, title: string, verdict: Verdict, more: Partial<CaseResult> = {}): CaseResult {
  return {
    id,
    title: `${id} ${title}`,
    verdict,
    red: false,
    fate: 'error -32800',
    evidence: 'witness',
    cancelMs: 4,
    waitMs: 300,
    transcript,
    group: 'Effect',
    startedAt: '2026-03-12T14:03:06.000Z',
    exchanges,
    checks: [check('MUST keep the session usable', 'pass', 'a ping is answered', 'answered in 2 ms')],
    ...more,
  };
}

const base = {
  suite: { name: 'mcp-cancellation-suite', version: '0.1.0' },
  target: {
    url: 'http://127.0.0.1:8000/mcp',
    server: { name: 'mcp-cancellation-reference-server', version: '0.1.0' },
    slowTool: 'slow',
  },
  startedAt: '2026-03-12T14:03:05.000Z',
  durationMs: 9432,
  strict: 'effect',
  maxLoopLagMs: 12.5,
  atOnce: 6,
  again: {
    command: 'npm run newman --',
    given: [] as string[],
    narrowedBy: [] as Results['again']['narrowedBy'],
  },
  about: {
    'L-EFF-1': `A slow call is cancelled *while it runs*.\n\nWrong would be a handler that works on. ${nasty}`,
  } as Record<string, string>,
  notices: [] as string[],
  problems: [],
} as const;

function results(
  exitCode: Results['exitCode'],
  told: Array<Omit<RunResult, 'waitMs'>>,
  problems: string[] = [],
): Results {
  const runs = told.map((run) => ({
    ...run,
    waitMs: run.cases.reduce((sum, { waitMs }) => sum + waitMs, 0),
  }));
  return {
    ...base,
    exitCode,
    runs,
    problems,
    stale: [],
    unused: [],
    totals: { ...tally(runs), assertions: 64 },
  };
}

/** Every verdict, red and not, in two collections and two revisions, with text that tries to escape. */
export const red: Results = results(1, [
  {
    collection: 'conformance-2025',
    revision: '2025-06-18',
    lag: false,
    durationMs: 4210,
    cases: [
      one('L-EFF-1', 'A cancelled call stops', 'pass', {
        checks: [
          check(
            'SHOULD stop the handler',
            'pass',
            'ticks frozen, finished 0',
            'ticks stayed at 2, finished 0',
          ),
        ],
      }),
      one('L-EFF-4', 'The exchange of a cancelled call ends', 'pass'),
      one('L-ACK-1', 'A cancel is accepted', 'pass'),
    ],
  },
  {
    collection: 'conformance-2025',
    revision: '2025-11-25',
    lag: true,
    durationMs: 5120,
    cases: [
      one('L-EFF-1', 'A cancelled call stops', 'warn', {
        red: true,
        fate: 'result',
        cancelMs: null,
        checks: [
          check(
            'SHOULD stop the handler',
            'warn',
            'ticks frozen within 1000 ms of the cancel, finished 0',
            `ticks went on from 2 to 40, finished 1; the result was ${nasty}`,
          ),
          check('MUST keep the session usable', 'pass', 'a ping is answered', 'answered in 2 ms'),
        ],
      }),
      one('L-EFF-4', 'The exchange of a cancelled call ends', 'pass'),
      one('L-EFF-5', 'No answer to a cancelled call', 'warn', {
        checks: [check('SHOULD send no response', 'warn', 'no response', 'error -32800')],
      }),
      one('L-ACK-1', 'A cancel is accepted', 'fail', {
        red: true,
        fate: 'left open',
        checks: [check('MUST answer 202 without a body', 'fail', '202, empty body', '200, body {"ok":true}')],
      }),
      one('L-RACE-1', 'A cancel after completion', 'note', {
        checks: [check('MAY ignore it', 'note', 'either outcome is recorded', 'ignored')],
      }),
      one('L-DISC-1', 'A disconnect is no cancel', 'not observed', {
        fate: null,
        evidence: 'none',
        cancelMs: null,
        transcript: '',
        checks: [
          check(
            'SHOULD run on',
            'not observed',
            'the call runs on',
            'no hang-up proxy is configured (hangUpUrl)',
          ),
        ],
      }),
      one('L-BAT-1', 'A cancel inside a batch', 'not applicable', {
        fate: null,
        evidence: 'none',
        checks: [],
      }),
    ],
  },
  {
    collection: 'mcp-cancellation',
    revision: '2025-11-25',
    lag: false,
    durationMs: 3110,
    cases: [
      one('W-CALL-1', `Cancel a call in flight ${nasty}`, 'error', {
        red: true,
        fate: 'dropped',
        checks: [],
      }),
      one('W-CALL-2', 'Three calls, the middle one cancelled', 'pass'),
    ],
  },
]);

/**
 * `red` with known failures: two that are listed, an error that stays red all the same, entries that are stale, and
 * one that is for nothing.
 */
export const known: Results = withKnown(red);

function withKnown(from: Results): Results {
  const reason: Record<string, string> = {
    'L-EFF-1': `our queue cannot stop: ${nasty}`,
    'L-ACK-1': 'the gateway adds a body',
    'W-CALL-1': 'it breaks',
  };
  const runs = from.runs.map((run) => ({
    ...run,
    cases: run.cases.map((of) =>
      of.red && reason[of.id] !== undefined
        ? { ...of, known: reason[of.id] as string, red: of.verdict === 'error' }
        : of,
    ),
  }));
  const file = 'ci/known: failures, 100%.yml';
  return {
    ...from,
    runs,
    totals: { ...from.totals, ...tally(runs) },
    stale: [
      {
        ...{ file, line: 3, entry: 'L-NOPE-1: gone', why: 'no collection has a case L-NOPE-1' },
        ...{ todo: 'delete the line: L-NOPE-1: gone', replaceBy: [] },
      },
      {
        ...{
          file,
          line: 4,
          entry: 'L-EFF-4: slow',
          why: 'L-EFF-4 passes in 2025-11-25, and is red in 2025-06-18',
        },
        ...{ todo: 'put in its place', replaceBy: [`L-EFF-4@2025-06-18: "${nasty}"`] },
      },
    ],
    unused: [{ file, line: 5, entry: 'L-DISC-1: no proxy', why: 'L-DISC-1 is not observed in 2025-11-25' }],
  };
}

/** All good: what the reference server should always give. */
export const good: Results = results(
  0,
  red.runs.map((run) => ({
    ...run,
    cases: run.cases.map((of) => ({
      ...of,
      verdict: 'pass' as const,
      red: false,
      checks: of.checks.map((c) => ({ ...c, verdict: 'pass' as const })),
    })),
  })),
);

/** As large as a run of everything: in three revisions, the same two cases red in all of them, and one in the last alone. */
export const large: Results = results(
  1,
  ['2025-03-26', '2025-06-18', '2025-11-25'].map((revision, i) => ({
    collection: 'conformance-2025',
    revision,
    lag: false,
    durationMs: 12_000 + i,
    cases: [
      one('L-EFF-1', 'The handler stops', 'warn', {
        red: true,
        fate: 'result',
        checks: [
          check(
            'SHOULD stop the handler',
            'warn',
            'no tick for 300 ms, finished 0',
            `still ticking 800 ms after the cancel (${40 + i} ticks, finished 0)`,
          ),
        ],
      }),
      one('L-EFF-4', 'The exchange of the cancelled call ends', 'warn', {
        red: true,
        fate: 'left open',
        checks: [
          check('DERIVED end the exchange', 'warn', 'the end of the stream', `left open ${2001 + i} ms on`),
        ],
      }),
      ...Array.from({ length: 66 }, (_, n) =>
        one(`L-GRP${n % 8}-${n}`, 'A rule about the cancellation of a request in flight', 'pass', {
          transcript: Array(5).fill(transcript).join('\n'),
          ...(n === 65 && i === 2 && { verdict: 'error', red: true, checks: [] }),
        }),
      ),
    ],
  })),
);

/** Nothing ran. */
export const nothing: Results = {
  ...results(
    3,
    [],
    [`${base.target.url} is not reachable (ECONNREFUSED): start the server, or give another --url.`],
  ),
  target: { url: base.target.url, server: null, slowTool: '' },
};
