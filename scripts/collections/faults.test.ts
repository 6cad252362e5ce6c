import { describe, expect, it } from 'vitest';
import type { CaseRecord, Verdict } from '../../collections/src/lib/record.ts';
import suite from '../../collections/src/mcp-cancellation.ts';
import { FAULTS, type Fault, start } from '../../server/broken/misbehaving.ts';
import { loadEnvironment } from '../runner/environment.ts';
import { parseOptions } from '../runner/options.ts';
import { planRuns } from '../runner/plan.ts';
import { runCollection } from '../runner/run.ts';

/** Every check can fail: for each there is a broken server that changes its verdict. Whatever a row does not name has to pass. */

const DEFINITIONS = suite.folders.flatMap(({ cases }) => cases);

/** Verdicts by case and check; a check that is not named passes. */
type Verdicts = Record<string, Record<string, Verdict>>;

/** A fault, what it changes, and the variables that differ from those of the reference server. */
type Row = [fault: Fault, changes: Verdicts, ...variables: string[]];

const ROWS: Row[] = [
  [
    'leaves-open',
    {
      'L-EFF-4': { ends: 'warn', soon: 'not applicable', reply: 'not applicable' },
      'L-EFF-7': { middle: 'not observed' },
      'L-RACE-7': { ends: 'warn' },
      'R-FILE-1': {
        logs: 'not observed',
        progress: 'not observed',
        reply: 'not observed',
        last: 'not observed',
        ends: 'warn',
      },
    },
  ],
  ['constant-witness', { 'L-EFF-1': { stops: 'error', soon: 'error' } }],

  ['initialize-without-revision', { 'S-INIT-1': { answers: 'fail', sessionId: 'error' } }],
  ['initialize-without-capabilities', { 'S-INIT-1': { answers: 'fail' } }],
  ['initialize-without-name', { 'S-INIT-1': { answers: 'fail' } }],
  ['bad-session-id', { 'S-INIT-1': { sessionId: 'fail' } }],
  ['initialized-200', { 'S-INIT-2': { accepted: 'fail' } }],
  ['initialized-body', { 'S-INIT-2': { accepted: 'fail' } }],
  ['hides-tools', { 'S-LIST-1': { named: 'warn' } }],

  ['cancel-200', { 'L-ACK-1': { status: 'fail' } }],
  ['cancel-body', { 'L-ACK-1': { empty: 'fail' } }],
  ['cancel-unanswered', { 'L-ACK-1': { status: 'fail', empty: 'fail' }, 'L-RACE-3': { alike: 'warn' } }],
  ['unknown-cancel-answered', { 'L-BAD-1': { number: 'warn', string: 'warn' } }],
  [
    'late-cancel-500',
    {
      'L-RACE-1': { accepted: 'fail' },
      'L-RACE-3': { alike: 'warn' },
      'L-BAD-1': { number: 'warn', string: 'warn' },
      'L-SES-4': { accepted: 'warn' },
    },
  ],
  ['late-cancel-ends-session', { 'L-RACE-1': { alive: 'fail' } }],
  ['remembers-early-cancels', { 'L-RACE-5': { runs: 'warn' } }],

  ['cancels-all', { 'L-EFF-7': { first: 'warn', last: 'warn' }, 'L-BAD-1': { untouched: 'warn' } }],
  ['cancels-oldest', { 'L-EFF-7': { first: 'warn', middle: 'not observed' } }],
  ['cancels-latest', { 'L-EFF-7': { middle: 'not observed', last: 'warn' } }],
  ['cancels-across-sessions', { 'L-SES-4': { untouched: 'warn' } }],
  ['cancels-twice', { 'L-RACE-3': { once: 'warn' } }],
  ['coerces-ids', { 'L-ID-2': { number: 'warn', string: 'warn' } }],
  ['cancel-id-as-number', { 'L-ID-2': { number: 'warn' } }],
  ['cancel-id-as-string', { 'L-ID-2': { string: 'warn' }, 'L-EFF-4': leftOpen() }],
  [
    'answers-under-string-id',
    {
      'L-ID-2': { number: 'warn' },
      'L-EFF-4': { reply: 'warn' },
      'L-EFF-7': { first: 'warn', last: 'warn' },
      'R-FILE-1': { reply: 'warn' },
    },
  ],

  [
    'ignores-cancel',
    {
      'L-EFF-1': { stops: 'warn', soon: 'not applicable' },
      'L-EFF-4': leftOpen(),
    },
  ],
  [
    'keeps-handler-running',
    {
      'L-EFF-1': { stops: 'warn', soon: 'not applicable' },
      'R-FILE-1': { stopped: 'warn', cleaned: 'warn' },
    },
  ],
  ['pauses-then-goes-on', { 'L-EFF-1': { stops: 'warn', soon: 'not applicable' } }],
  [
    'never-ends-handler',
    {
      'L-EFF-1': { stops: 'warn', soon: 'not applicable' },
      'R-FILE-1': { stopped: 'warn', cleaned: 'warn' },
    },
  ],
  ['finishes-instead', { 'L-EFF-1': { stops: 'warn' }, 'R-FILE-1': { stopped: 'warn' } }],
  [
    'slow-to-stop',
    { 'L-EFF-1': { soon: 'warn' }, 'L-EFF-4': { soon: 'warn' }, 'R-FILE-1': { ends: 'warn' } },
  ],
  ['slow-to-end', { 'L-EFF-1': {}, 'L-EFF-4': { soon: 'warn' }, 'R-FILE-1': { ends: 'warn' } }],
  ['drops-connection', { 'L-EFF-4': { ends: 'warn', reply: 'warn' }, 'L-RACE-7': { ends: 'warn' } }],
  ['answers-nothing', { 'L-EFF-4': { reply: 'warn' }, 'R-FILE-1': { reply: 'warn' } }],
  ['answers-nothing', { 'L-EFF-4': {}, 'R-FILE-1': {} }, 'cancelReply=none'],
  ['answers-with-result', { 'L-EFF-4': { reply: 'warn' }, 'L-EFF-7': { middle: 'warn' } }],
  ['answers-with-result', { 'L-EFF-1': { stops: 'warn', soon: 'not observed' } }, 'stateTool='],
  ['error-without-reason', { 'R-FILE-1': { reply: 'warn' } }],
  ['wrong-error-code', { 'R-FILE-1': { reply: 'warn' } }],

  ['progress-after-end', { 'R-FILE-1': { last: 'fail' } }],
  ['progress-not-rising', { 'R-FILE-1': { progress: 'fail' } }],
  ['no-logs', { 'R-FILE-1': { logs: 'warn' } }],
  ['keeps-temp', { 'R-FILE-1': { cleaned: 'warn' } }],
  ['forgets-reason', { 'R-FILE-1': { reason: 'warn' } }],
  ['file-without-text', { 'R-FILE-2': { result: 'warn' } }],
  ['file-without-counts', { 'R-FILE-2': { counts: 'warn' } }],

  [
    'cancel-ends-session',
    {
      'L-ACK-1': { status: 'error', empty: 'error' },
      'L-EFF-8': { ping: 'fail', list: 'fail', call: 'fail' },
      'L-RACE-7': { alive: 'fail' },
    },
  ],
  ['dies-on-cancel', { 'L-EFF-8': { ping: 'fail', list: 'fail', call: 'fail' } }],
  ['dies-on-cancel', { 'L-ACK-1': { status: 'error', empty: 'error' } }],
  ['no-ping-after-cancel', { 'L-EFF-8': { ping: 'fail' }, 'R-FILE-1': { usable: 'fail' } }],
  ['no-list-after-cancel', { 'L-EFF-8': { list: 'fail' } }],
  ['no-call-after-cancel', { 'L-EFF-8': { call: 'fail' } }],

  ['plain-witness', { 'L-EFF-1': {}, 'L-RACE-3': { once: 'not observed' } }],
  [
    'forgetful-witness',
    {
      'L-EFF-1': { stops: 'not observed', soon: 'not observed' },
      'L-RACE-3': { once: 'not observed' },
    },
  ],
];

/** What L-EFF-4 says of a call that goes on as if nobody had cancelled it. */
function leftOpen(): Verdicts[string] {
  return { ends: 'warn', soon: 'not applicable', reply: 'not applicable' };
}

const LIMIT_MS = 60_000;

/** Runs the cases against a server with this fault, or with none; all of them where none is named. */
async function judge(fault: Fault | null, cases: string[], variables: string[]): Promise<Verdicts> {
  const server = await start(fault);
  try {
    const settings = [`mcpUrl=${server.url}`, 'settleMs=1500', 'maxCancelMs=600', ...variables];
    const args = [
      ...cases.flatMap((id) => ['--case', id]),
      ...settings.flatMap((text) => ['--env-var', text]),
    ];
    const options = parseOptions(['--collection', suite.name, '--environment', 'reference', ...args], {});
    const [planned] = options ? await planRuns(options, false) : [];
    if (!options || !planned) throw new Error('nothing to run');
    const environment = await loadEnvironment(options, undefined);
    const { records, problems } = await runCollection(planned, environment, { timeoutMs: LIMIT_MS });
    expect(problems).toEqual([]);
    return Object.fromEntries(records.map((record) => [record.case, verdictsOf(record)]));
  } finally {
    await server.close();
  }
}

/** By the checks' own keys; a title is a level's word and the check's text. */
function verdictsOf(record: CaseRecord): Record<string, Verdict> {
  const checks = DEFINITIONS.find(({ id }) => id === record.case)?.checks ?? {};
  const keyOf = (title: string) =>
    Object.keys(checks).find((key) => title.slice(title.indexOf(' ') + 1) === checks[key]?.text) ?? title;
  return Object.fromEntries(record.checks.map(({ title, verdict }) => [keyOf(title), verdict]));
}

/** The verdicts of a row, those of the checks that it does not name among them. */
function whole(changes: Verdicts): Verdicts {
  const cases = DEFINITIONS.filter(({ id }) => id in changes);
  return Object.fromEntries(
    cases.map(({ id, checks }) => [
      id,
      {
        ...Object.fromEntries(Object.keys(checks).map((key) => [key, 'pass' as const])),
        ...changes[id],
      },
    ]),
  );
}

describe.concurrent('the verdicts', () => {
  it('of a server without a fault: every check passes', { timeout: LIMIT_MS }, async () => {
    const all = whole(Object.fromEntries(DEFINITIONS.map(({ id }) => [id, {}])));
    expect(await judge(null, [], [])).toEqual(all);
  });

  for (const [fault, changes, ...variables] of ROWS)
    it(`${[fault, ...variables].join(', ')}: ${FAULTS[fault]}`, { timeout: LIMIT_MS }, async () => {
      expect(await judge(fault, Object.keys(changes), variables)).toEqual(whole(changes));
    });
});

describe('the table', () => {
  const missed = (id: string, key: string) =>
    ROWS.some(([, changes]) => ['fail', 'warn'].includes(changes[id]?.[key] ?? ''));

  it('has a fault for every check', () => {
    const checks = DEFINITIONS.flatMap(({ id, checks }) =>
      Object.keys(checks).map((key) => [id, key] as const),
    );
    expect(checks.filter(([id, key]) => !missed(id, key))).toEqual([]);
  });

  it('names nothing that is not there, and every fault', () => {
    for (const [fault, changes] of ROWS)
      for (const [id, keys] of Object.entries(changes)) {
        const checks = DEFINITIONS.find((definition) => definition.id === id)?.checks;
        for (const key of Object.keys(keys)) expect(checks, `${fault}: ${id}`).toHaveProperty(key);
      }
    const used = ROWS.map(([fault]) => fault);
    expect(Object.keys(FAULTS).filter((fault) => !used.includes(fault as Fault))).toEqual([]);
  });
});
