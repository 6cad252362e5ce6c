import type { Verdict } from '../../collections/src/lib/record.ts';
import { tally } from '../report/verdict.ts';
import type { Declared } from '../runner/plan.ts';
import type { CaseResult, Results } from '../runner/results.ts';

/** Two collections: one is for three revisions, the other says nothing of them; `L-B-1` is in both. */
export const DECLARED: Declared[] = [
  { cases: ['L-A-1', 'L-B-1'], revisions: ['2025-03-26', '2025-06-18', '2025-11-25'] },
  { cases: ['S-1', 'L-B-1'], revisions: [] },
];

/** `red` is a `fail`, and red; the others are verdicts. */
export type Seen = Verdict | 'red';

/** The results of runs, each of a revision with what its cases showed. */
export function resultsOf(...runs: Array<[revision: string, cases: Record<string, Seen>]>): Results {
  const told = runs.map(([revision, cases], index) => ({
    ...{ collection: `collection-${index}`, revision, lag: false, durationMs: 1, waitMs: 0 },
    cases: Object.entries(cases).map(([id, seen]) => caseOf(id, seen, revision)),
  }));
  const red = told.some(({ cases }) => cases.some((one) => one.red));
  return {
    ...{
      suite: { name: 'suite', version: '1' },
      target: { url: 'http://127.0.0.1:1/mcp', server: null, slowTool: '' },
    },
    ...{ startedAt: '2026-11-23T10:00:00.000Z', durationMs: 1, exitCode: red ? 1 : 0, strict: 'effect' },
    ...{ maxLoopLagMs: 1, atOnce: 1, notices: [], problems: [], stale: [], unused: [] },
    ...{ again: { command: 'npm run newman --', given: [], narrowedBy: [] }, about: {} },
    totals: { ...tally(told), assertions: 1 },
    runs: told,
  };
}

function caseOf(id: string, seen: Seen, revision: string): CaseResult {
  const verdict = seen === 'red' ? 'fail' : seen;
  const observed = `left open in ${revision}`;
  return {
    ...{ id, title: id, verdict, red: seen === 'red' || verdict === 'fail' || verdict === 'error' },
    ...{ fate: null, evidence: 'none', cancelMs: null, waitMs: 0, transcript: '' },
    ...{ group: '', startedAt: '2026-11-23T10:00:00.000Z', exchanges: [] },
    checks: [{ level: 'SHOULD', title: 'SHOULD end', spec: '', verdict, expected: 'the end', observed }],
  };
}
