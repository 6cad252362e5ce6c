import type { Strict } from '../../collections/src/lib/record.ts';
import { tally } from '../report/verdict.ts';
import type { MergedOutcome } from './merge.ts';
import type { Results, RunResult } from './results.ts';

/** What all runs together come to, as `reports/results.json` holds it. */
export function combine(
  outcomes: MergedOutcome[],
  context: Pick<Results, 'suite' | 'target' | 'startedAt' | 'durationMs'> & {
    strict: Strict;
    problems?: string[];
  },
): Results {
  const runs: RunResult[] = outcomes.map((outcome) => ({
    collection: outcome.planned.name,
    revision: outcome.revision,
    lag: outcome.lag,
    durationMs: outcome.durationMs,
    waitMs: outcome.records.reduce((sum, record) => sum + record.waitMs, 0),
    cases: outcome.records.map(({ case: id, ...record }) => ({ id, ...record })),
  }));
  const problems = [
    ...(context.problems ?? []),
    ...outcomes.flatMap((outcome) => outcome.problems),
    ...blindSpots(runs),
  ];
  return {
    suite: context.suite,
    target: context.target,
    startedAt: context.startedAt,
    durationMs: context.durationMs,
    exitCode: exitCode(runs, problems),
    strict: context.strict,
    maxLoopLagMs: Math.max(0, ...outcomes.map((outcome) => outcome.maxLoopLagMs)),
    totals: { ...tally(runs), assertions: outcomes.reduce((sum, outcome) => sum + outcome.assertions, 0) },
    problems,
    runs,
  };
}

/** What keeps the cases from adding up to a verdict, although every one of them reported. */
function blindSpots(runs: RunResult[]): string[] {
  const cases = runs.flatMap((run) => run.cases);
  const broken = cases.filter((one) => one.verdict === 'error');
  // A target that dies on the way is red: until then, something was established.
  if (broken.length > 0 && broken.length === cases.length) {
    const why = broken[0]?.checks.find((check) => check.verdict === 'error')?.observed;
    return [
      `${broken.length} of ${cases.length} cases could not be judged; the first, ${broken[0]?.id}: ${why}`,
    ];
  }
  // Neither whether a handler stops nor whether an exchange ends: then nothing is known about cancellation.
  const core = cases.filter(({ id }) => id === 'L-EFF-1' || id === 'L-EFF-4');
  return core.length > 0 && core.every((one) => one.verdict === 'not observed')
    ? [
        'neither L-EFF-1 (the handler stops) nor L-EFF-4 (the exchange ends) could be observed; name a witness in stateTool',
      ]
    : [];
}

function exitCode(runs: RunResult[], problems: string[]): Results['exitCode'] {
  const cases = runs.flatMap((run) => run.cases);
  if (problems.length > 0 || cases.length === 0) return 3;
  return cases.some((one) => one.red) ? 1 : 0;
}
