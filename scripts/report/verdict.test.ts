import { describe, expect, it } from 'vitest';
import type { CaseResult, Results } from '../runner/results.ts';
import { good, known, nothing, red } from './fixture.ts';
import { caseTitle, runLine, tally, unsaidProblems, unspoken, verdictSentence } from './verdict.ts';

const against =
  'against http://127.0.0.1:8000/mcp (mcp-cancellation-reference-server 0.1.0), by its tool slow';
const anyCase = (more: Partial<CaseResult>) =>
  ({ red: true, checks: [], verdict: 'error', ...more }) as CaseResult;

/** The fixture without its red cases. */
const tolerated: Results = {
  ...red,
  exitCode: 0,
  runs: red.runs.map((run) => ({ ...run, cases: run.cases.filter((one) => !one.red) })),
};

describe('verdictSentence', () => {
  it('says good only of what passed', () => {
    expect(verdictSentence(good)).toBe(`Good: 12 of 12 cases pass ${against}.`);
    expect(verdictSentence(tolerated)).toBe(
      `Good: nothing is red in 9 cases ${against}: 5 pass, 1 warn (tolerated), 1 note, 1 not observed, 1 not applicable.`,
    );
  });

  it('names a revision that the target does not speak', () => {
    const [first, ...others] = good.runs;
    if (!first) throw new Error('no run');
    const cases = first.cases.map((one) => ({ ...one, verdict: 'not applicable' as const }));
    const runs = [{ ...first, cases }, ...others];
    expect(verdictSentence({ ...good, runs })).toBe(
      `Good: nothing is red in 12 cases ${against}: 9 pass, 3 not applicable; the target does not speak 2025-06-18.`,
    );
    expect(runs.map(runLine)).toEqual([
      'the target does not speak 2025-06-18: nothing was tested',
      '7 of 7 cases pass, 0 red',
      '2 of 2 cases pass, 0 red',
    ]);
    // A case that is in no other revision does not tell whether the target speaks this one.
    expect(unspoken([{ ...first, cases: cases.slice(2) }])).toEqual([]);
  });

  it('does not say good where nothing passed', () => {
    const unseen = tolerated.runs.map((run) => ({
      ...run,
      cases: run.cases.filter((one) => one.verdict === 'not observed'),
    }));
    expect(verdictSentence({ ...tolerated, runs: unseen })).toBe(
      `Nothing red, and nothing proven, in 1 case ${against}: 0 pass, 1 not observed.`,
    );
    expect(verdictSentence({ ...tolerated, runs: [] })).toBe('Nothing could be established: no case ran.');
  });

  it('names what is red, and what was not seen', () => {
    expect(verdictSentence(red)).toBe(
      `Red: 3 of 12 cases ${against}: L-ACK-1, L-EFF-1, W-CALL-1; 5 pass, 1 warn (tolerated), 1 note, 1 not observed, 1 not applicable.`,
    );
  });

  it('counts known failures apart, and says where entries are stale', () => {
    expect(verdictSentence(known)).toBe(
      `Red: 1 of 12 cases ${against}: W-CALL-1, and 2 stale entries in ci/known: failures, 100%.yml; 5 pass, 1 warn (tolerated), 1 note, 1 not observed, 1 not applicable, 2 known failures.`,
    );
    const runs = known.runs.slice(0, 2);
    expect(verdictSentence({ ...known, runs, stale: known.stale.slice(1) })).toBe(
      `Red: 1 stale entry in ci/known: failures, 100%.yml, and nothing else is red in 10 cases ${against}: 4 pass, 1 warn (tolerated), 1 note, 1 not observed, 1 not applicable, 2 known failures.`,
    );
    expect(verdictSentence({ ...known, runs, stale: [], exitCode: 0 })).toMatch(
      /^Good: .*, 2 known failures\.$/,
    );
    expect(tally(known.runs)).toMatchObject({ known: 2, red: 1, fail: 1 });
  });

  it('names an id once, and at most eight', () => {
    const [run] = red.runs;
    if (!run) throw new Error('no run');
    const cases = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => anyCase({ id: `L-X-${n}`, title: '' }));
    expect(verdictSentence({ ...red, runs: [{ ...run, cases }] })).toMatch(
      /: L-X-1 \(2 times\), L-X-2, L-X-3, L-X-4, L-X-5, L-X-6, L-X-7, L-X-8 and 2 more\.$/,
    );
  });

  it('gives the problem where there is no verdict', () => {
    const sentence =
      'Nothing could be established: http://127.0.0.1:8000/mcp is not reachable (ECONNREFUSED): start the server, or give another --url.';
    expect(verdictSentence(nothing)).toBe(sentence);
    expect(unsaidProblems(nothing)).toEqual([]);
    const wrong: Results = {
      ...nothing,
      exitCode: 2,
      problems: ['slowTool: no tool "slwo"', 'steps: not a number'],
    };
    expect(verdictSentence(wrong)).toBe('Nothing was run: slowTool: no tool "slwo" (and 1 more).');
    expect(unsaidProblems(wrong)).toEqual(['steps: not a number']);
  });

  it('does not say good where nobody saw whether a handler stops', () => {
    const runs = tolerated.runs.map((run) => ({
      ...run,
      cases: [
        ...run.cases.filter(({ id }) => id !== 'L-EFF-1'),
        anyCase({ id: 'L-EFF-1', red: false, verdict: 'not observed' }),
      ],
    }));
    expect(verdictSentence({ ...tolerated, runs })).toMatch(
      /^Nothing is red in \d+ cases against .*, but whether a handler stops was not seen: \d+ pass/,
    );
  });

  it('is one line, whatever the server calls itself', () => {
    const results = { ...good, target: { ...good.target, server: { name: 'a\n\u001b[2Jb', version: '1' } } };
    expect(verdictSentence(results)).toContain('(a ␛[2Jb 1)');
  });
});

describe('tally', () => {
  it('counts cases', () => {
    const { cases, checks, red: redCount, known: _known, ...verdicts } = tally(red.runs);
    expect([cases, checks, redCount]).toEqual([12, 11, 3]);
    expect(Object.values(verdicts).reduce((a, b) => a + b)).toBe(cases);
  });
});

describe('caseTitle', () => {
  it('leaves the id out', () => {
    const title = (text: string) => caseTitle(anyCase({ id: 'L-EFF-1', title: text }));
    expect(['L-EFF-1 stops', 'L-EFF-1: stops', 'stops', 'L-EFF-1'].map(title)).toEqual([
      'stops',
      'stops',
      'stops',
      'L-EFF-1',
    ]);
  });
});
