import { describe, expect, it } from 'vitest';
import type { Results } from '../runner/results.ts';
import { parseKnownFailures } from './entries.ts';
import { judgeKnownFailures } from './judge.ts';
import { DECLARED, resultsOf, type Seen } from './testing.ts';

const judge = (text: string, results: Results) =>
  judgeKnownFailures(results, parseKnownFailures(text, 'known.yml'), DECLARED);

/** The one case `L-A-1` in three revisions. */
const inThree = (...seen: [Seen, Seen, Seen]) =>
  resultsOf(
    ['2025-03-26', { 'L-A-1': seen[0] }],
    ['2025-06-18', { 'L-A-1': seen[1] }],
    ['2025-11-25', { 'L-A-1': seen[2] }],
  );

const cases = (results: Results) => results.runs.flatMap((run) => run.cases);

describe('a listed case that is red', () => {
  it('is known and not red, and keeps its verdict', () => {
    const before = inThree('red', 'red', 'red');
    const after = judge('L-A-1: slow\n', before);
    expect(cases(after)).toMatchObject([
      { verdict: 'fail', red: false, known: 'slow' },
      { verdict: 'fail', red: false, known: 'slow' },
      { verdict: 'fail', red: false, known: 'slow' },
    ]);
    expect(after).toMatchObject({ exitCode: 0, stale: [], unused: [] });
    expect(after.totals).toMatchObject({ red: 0, known: 3, fail: 3, assertions: 1 });
    expect(cases(before).every((one) => one.red)).toBe(true);
  });

  it('leaves others red, and other revisions', () => {
    const after = judge('L-A-1@2025-06-18: slow\n', inThree('red', 'red', 'pass'));
    expect(cases(after).map(({ red, known }) => [red, known])).toEqual([
      [true, undefined],
      [false, 'slow'],
      [false, undefined],
    ]);
    expect(after).toMatchObject({ exitCode: 1, stale: [] });
  });

  it('has the reason of the entry that names its revision', () => {
    const after = judge('L-A-1: all\nL-A-1@2025-11-25: one\n', inThree('red', 'red', 'red'));
    expect(cases(after).map(({ known }) => known)).toEqual(['all', 'all', 'one']);
    expect(after.stale).toEqual([]);
  });

  it('is known where one of two collections saw it fail', () => {
    const run = (seen: Seen) => ['2025-11-25', { 'L-B-1': seen }] as [string, Record<string, Seen>];
    const after = judge('L-B-1@2025-11-25: flaky\n', resultsOf(run('pass'), run('red')));
    expect(after).toMatchObject({ exitCode: 0, stale: [] });
    expect(cases(after).map(({ known }) => known)).toEqual([undefined, 'flaky']);
  });
});

describe('an error', () => {
  /** What two collections saw of the same case. */
  const inTwo = (...seen: [Seen, Seen]) =>
    resultsOf(['2025-11-25', { 'L-B-1': seen[0] }], ['2025-11-25', { 'L-B-1': seen[1] }]);

  it('is no news of a case that another collection saw pass, or fail', () => {
    expect(judge('L-B-1: slow\n', inTwo('pass', 'error'))).toMatchObject({ stale: [], unused: [] });
    const after = judge('L-B-1: slow\n', inTwo('error', 'fail'));
    expect(after.stale).toEqual([]);
    expect(cases(after).map(({ red }) => red)).toEqual([true, false]);
  });

  it('stays red, listed or not, and makes no entry stale', () => {
    const after = judge('L-A-1: slow\n', inThree('error', 'error', 'not observed'));
    expect(after).toMatchObject({ exitCode: 1, stale: [], unused: [] });
    expect(cases(after)[0]).toMatchObject({ red: true, known: 'slow', verdict: 'error' });
    expect(after.totals).toMatchObject({ red: 2, known: 0 });
  });

  it('leaves what could not be established as it is', () => {
    const results = { ...inThree('red', 'red', 'red'), exitCode: 3 as const, problems: ['interrupted'] };
    expect(judge('L-A-1: slow\n', results)).toMatchObject({ exitCode: 3, totals: { known: 3 } });
  });
});

describe('a stale entry', () => {
  const only = (text: string, results: Results) => {
    const { stale, exitCode } = judge(text, results);
    expect(stale).toHaveLength(1);
    expect(exitCode).toBe(1);
    return stale[0];
  };

  it('is one whose case passes: its line is to be deleted', () => {
    expect(only('# ours\nL-A-1: slow # soon\n', inThree('pass', 'pass', 'pass'))).toEqual({
      ...{ file: 'known.yml', line: 2, entry: 'L-A-1: slow' },
      why: 'L-A-1 passes in 2025-03-26, 2025-06-18, 2025-11-25',
      todo: 'delete the line: L-A-1: slow',
      replaceBy: [],
    });
  });

  it('is one whose case is judged otherwise, and not red', () => {
    expect(only('L-A-1: slow\n', inThree('note', 'warn', 'not applicable'))).toMatchObject({
      why: 'L-A-1 is a note in 2025-03-26, a warn that strict=effect tolerates in 2025-06-18',
      todo: 'delete the line: L-A-1: slow',
    });
  });

  it('is one that is true in some revisions: these are to be put in its place', () => {
    expect(only('L-A-1: slow # soon\n', inThree('red', 'pass', 'error'))).toMatchObject({
      why: 'L-A-1 passes in 2025-06-18, and is red in 2025-03-26, an error in 2025-11-25',
      todo: 'put in its place',
      replaceBy: ['L-A-1@2025-03-26: slow # soon', 'L-A-1@2025-11-25: slow # soon'],
    });
    const listed = 'L-A-1: slow\nL-A-1@2025-03-26: own\n';
    expect(only(listed, inThree('red', 'pass', 'red'))).toMatchObject({
      replaceBy: ['L-A-1@2025-11-25: slow'],
    });
  });

  it('is not wrong of revisions that were not run', () => {
    expect(only('L-A-1: slow\n', resultsOf(['2025-06-18', { 'L-A-1': 'pass' }]))).toMatchObject({
      why: 'L-A-1 passes in 2025-06-18',
      todo: 'delete the line: L-A-1: slow; or keep it for what was not run',
      replaceBy: ['L-A-1@2025-03-26: slow', 'L-A-1@2025-11-25: slow'],
    });
    // Its collection declares no revisions, so that none is left out.
    expect(only('S-1: slow\n', resultsOf(['2025-11-25', { 'S-1': 'pass' }]))).toMatchObject({
      todo: 'delete the line: S-1: slow',
      replaceBy: [],
    });
  });

  it.each([
    ['L-NOPE-1: gone', 'no collection has a case L-NOPE-1'],
    ['L-A-*: all', 'no collection has a case L-A-*'],
    ['L-A-1@2024-11-05: old', 'no collection runs L-A-1 in 2024-11-05'],
    ['S-1@2024-11-05: old', 'no collection runs S-1 in 2024-11-05'],
  ])('is one that no run can be about: %s', (line, why) => {
    expect(only(`${line}\n`, inThree('pass', 'pass', 'pass'))).toMatchObject({
      why,
      todo: `delete the line: ${line}`,
    });
  });
});

describe('an entry that is not stale', () => {
  it('is told where its case was run and not judged', () => {
    const after = judge('L-A-1: slow\n', inThree('not applicable', 'not observed', 'not observed'));
    expect(after).toMatchObject({ exitCode: 0, stale: [] });
    expect(after.unused).toEqual([
      {
        ...{ file: 'known.yml', line: 1, entry: 'L-A-1: slow' },
        why: 'L-A-1 is not applicable in 2025-03-26, not observed in 2025-06-18, 2025-11-25',
      },
    ]);
  });

  it('is not told where nothing of it was run', () => {
    const text = 'L-B-1: other\nS-1@2025-03-26: earlier\nL-A-1@2025-11-25: later\n';
    const after = judge(text, resultsOf(['2025-06-18', { 'L-A-1': 'pass' }]));
    expect(after).toMatchObject({ exitCode: 0, stale: [], unused: [] });
  });

  it('can be for a revision that no collection declares, where it was asked for', () => {
    const after = judge('S-1@2024-11-05: old\n', resultsOf(['2024-11-05', { 'S-1': 'red' }]));
    expect(after).toMatchObject({ exitCode: 0, stale: [] });
  });
});
