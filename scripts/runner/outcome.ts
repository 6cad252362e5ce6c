import type { Strict } from '../../collections/src/lib/record.ts';
import { aboutOf } from '../collections/description.ts';
import { places } from '../report/places.ts';
import { doesNotSpeak, isCore, tally, unspoken } from '../report/verdict.ts';
import { AT_ONCE } from './jobs.ts';
import type { MergedOutcome } from './merge.ts';
import { type CollectionItem, caseId, items } from './plan.ts';
import type { CaseResult, Results, RunResult } from './results.ts';

/** What all runs together come to, as `reports/results.json` holds it. */
export function combine(
  outcomes: MergedOutcome[],
  context: Pick<Results, 'suite' | 'target' | 'startedAt' | 'durationMs' | 'again'> & {
    strict: Strict;
    problems?: string[];
    notices?: string[];
    /** That the target went away on the way: what was established until then stands, but never as good. */
    lost?: string | undefined;
  },
): Results {
  const runs: RunResult[] = outcomes.map((outcome) => ({
    collection: outcome.planned.name,
    revision: outcome.revision,
    lag: outcome.lag,
    durationMs: outcome.durationMs,
    waitMs: outcome.records.reduce((sum, record) => sum + record.waitMs, 0),
    cases: casesOf(outcome),
  }));
  const problems = [...(context.problems ?? []), ...told(outcomes), ...blindSpots(runs)];
  const { lost } = context;
  return {
    suite: context.suite,
    target: context.target,
    startedAt: context.startedAt,
    durationMs: context.durationMs,
    exitCode: exitCode(runs, problems) || (lost === undefined ? 0 : 1),
    strict: context.strict,
    again: context.again,
    atOnce: Math.min(
      AT_ONCE,
      outcomes.reduce((sum, outcome) => sum + outcome.parts, 0),
    ),
    maxLoopLagMs: Math.max(0, ...outcomes.map((outcome) => outcome.maxLoopLagMs)),
    totals: { ...tally(runs), assertions: outcomes.reduce((sum, outcome) => sum + outcome.assertions, 0) },
    about: Object.assign({}, ...outcomes.map(({ planned }) => descriptions(planned.collection))),
    notices: context.notices ?? [],
    problems: lost === undefined ? problems : [lost, ...problems],
    stale: [],
    unused: [],
    runs,
  };
}

function casesOf({ planned, records, exchanges }: MergedOutcome): CaseResult[] {
  const groups = new Map(
    planned.collection.item.flatMap((folder) =>
      items(folder).map((item) => [caseId(item.name), folder.name]),
    ),
  );
  return records.map(({ case: id, began, ...record }) => ({
    id,
    group: groups.get(id) ?? '',
    startedAt: new Date(began).toISOString(),
    ...record,
    exchanges: exchanges.get(id) ?? [],
  }));
}

/** What the collection says of each case, but for its checks: the results have those. */
function descriptions(collection: CollectionItem): Record<string, string> {
  return Object.fromEntries(
    items(collection).map(({ name, request }) => [caseId(name), aboutOf(request?.description ?? '')]),
  );
}

/** Each problem once, and where it was met; what was met everywhere, such as an interruption, needs no place. */
function told(outcomes: MergedOutcome[]): string[] {
  const texts = new Set(outcomes.flatMap((outcome) => outcome.problems));
  return [...texts].map((text) => {
    const met = outcomes.filter((outcome) => outcome.problems.includes(text));
    const where = met.map(({ planned, revision }) => ({ collection: planned.name, revision }));
    return met.length === outcomes.length ? text : `${places(where)}: ${text}`;
  });
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
  const applicable = cases.filter((one) => one.verdict !== 'not applicable');
  if (cases.length > 0 && applicable.length === 0) {
    const silent = unspoken(runs);
    const why = cases[0]?.checks[0]?.observed;
    return [
      silent.length > 0
        ? `${doesNotSpeak(silent)}; name one that it does with --revision`
        : `nothing that was run applies to the target; the first, ${cases[0]?.id}: ${why}`,
    ];
  }
  const core = cases.filter(isCore);
  const seen = core.filter((one) => one.verdict !== 'not observed' && one.verdict !== 'not applicable');
  return core.length > 0 && seen.length === 0
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
