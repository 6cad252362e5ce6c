import { describe, expect, it } from 'vitest';
import type { CaseRecord, Verdict } from '../../collections/src/lib/record.ts';
import type { MergedOutcome } from './merge.ts';
import { combine } from './outcome.ts';
import { fixtureCollection } from './testing.ts';

const context = {
  suite: { name: 'suite', version: '1' },
  target: { url: 'http://127.0.0.1:1/mcp', server: null, slowTool: '' },
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 1,
  strict: 'effect' as const,
  again: { command: 'npm run newman --', given: [], narrowedBy: [] },
};

/** The results of a run with these cases. */
function results(cases: Array<[id: string, verdict: Verdict]>, problems: string[] = []) {
  return combine([outcome(cases, problems)], context);
}

function outcome(
  cases: Array<[id: string, verdict: Verdict]>,
  problems: string[] = [],
  revision = '2025-11-25',
): MergedOutcome {
  const records = cases.map(([id, verdict]): CaseRecord => {
    const check = {
      level: 'MUST',
      title: 't',
      spec: 's',
      verdict,
      expected: 'e',
      observed: `why ${id}`,
    } as const;
    const red = verdict === 'fail' || verdict === 'error';
    return {
      case: id,
      began: 0,
      title: id,
      verdict,
      red,
      fate: null,
      evidence: 'none',
      cancelMs: null,
      waitMs: 20,
      transcript: '',
      checks: [check],
    };
  });
  return {
    ...{
      planned: fixtureCollection([]),
      revision,
      records,
      exchanges: new Map(),
      assertions: 1,
      durationMs: 1,
    },
    ...{ maxLoopLagMs: 1, lag: false, problems, summaries: [], parts: 1 },
  };
}

describe('the exit code', () => {
  it('is 0 where nothing is red, and 1 where something is', () => {
    expect(
      results([
        ['A-1', 'pass'],
        ['A-2', 'note'],
      ]).exitCode,
    ).toBe(0);
    expect(
      results([
        ['A-1', 'pass'],
        ['A-2', 'fail'],
      ]).exitCode,
    ).toBe(1);
    expect(
      results([
        ['A-1', 'pass'],
        ['A-2', 'error'],
      ]).exitCode,
    ).toBe(1);
  });

  it('is 3 where there is no verdict to believe', () => {
    expect(results([])).toMatchObject({ exitCode: 3 });
    expect(results([['A-1', 'fail']], ['a script threw'])).toMatchObject({ exitCode: 3 });
    const broken = results([
      ['A-1', 'error'],
      ['A-2', 'error'],
    ]);
    expect(broken).toMatchObject({
      exitCode: 3,
      problems: ['2 of 2 cases could not be judged; the first, A-1: why A-1'],
    });
  });

  it('is 3 where neither the stop of a handler nor the end of an exchange was seen', () => {
    expect(
      results([
        ['L-EFF-1', 'not observed'],
        ['L-EFF-4', 'not observed'],
        ['A-1', 'pass'],
      ]).exitCode,
    ).toBe(3);
    expect(
      results([
        ['L-EFF-1', 'not observed'],
        ['L-EFF-4', 'pass'],
      ]).exitCode,
    ).toBe(0);
  });

  it('is 3 where nothing that was run applies, and says so of a revision that the target does not speak', () => {
    const none: Array<[string, Verdict]> = [
      ['L-EFF-1', 'not applicable'],
      ['A-1', 'not applicable'],
    ];
    expect(results(none)).toMatchObject({
      exitCode: 3,
      problems: ['the target does not speak 2025-11-25; name one that it does with --revision'],
    });
    expect(results(none.slice(1))).toMatchObject({
      exitCode: 3,
      problems: ['nothing that was run applies to the target; the first, A-1: why A-1'],
    });
    const spoken = outcome([['L-EFF-1', 'pass']], [], '2025-06-18');
    expect(combine([outcome(none), spoken], context)).toMatchObject({ exitCode: 0, problems: [] });
    const unseen = outcome([['L-EFF-1', 'not observed']], [], '2025-06-18');
    expect(combine([outcome(none), unseen], context).problems).toEqual([
      expect.stringMatching(/^neither L-EFF-1/),
    ]);
  });
});

describe('a target that went away', () => {
  it('is told first, and turns red what would be good', () => {
    const lost = (cases: Array<[id: string, verdict: Verdict]>) =>
      combine([outcome(cases)], { ...context, lost: 'gone' });
    expect(lost([['A-1', 'pass']])).toMatchObject({ exitCode: 1, problems: ['gone'] });
    const some: Array<[id: string, verdict: Verdict]> = [['A-1', 'pass']];
    expect(lost([...some, ['A-2', 'error']])).toMatchObject({ exitCode: 1, problems: ['gone'] });
    const nothing = lost([['A-1', 'error']]);
    expect(nothing.exitCode).toBe(3);
    expect(nothing.problems).toEqual(['gone', expect.stringMatching(/^1 of 1 cases could not be judged/)]);
  });
});

describe('the problems of several runs', () => {
  it('are told once, with the runs that have them where not all do', () => {
    const problemsOf = (...all: string[][]) =>
      combine(
        all.map((problems, i) => outcome([['A-1', 'pass']], problems, `revision-${i + 1}`)),
        context,
      ).problems;
    expect(problemsOf(['interrupted'], ['interrupted', 'interrupted'])).toEqual(['interrupted']);
    expect(problemsOf(['lost', 'late'], ['late'], [])).toEqual([
      'fixture revision-1: lost',
      'fixture revision-1, revision-2: late',
    ]);
  });
});
