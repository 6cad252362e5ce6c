import type { NewmanRunSummary } from 'newman';
import { caseId, items, type Planned } from './plan.ts';
import type { RunOutcome } from './run.ts';

/** What one collection came to in one revision, whatever the parts that it ran in. */
export interface MergedOutcome extends Omit<RunOutcome, 'startedAt' | 'summary'> {
  /** How many jobs it was. */
  parts: number;
  /** Of each part that Newman finished. */
  summaries: NewmanRunSummary[];
}

/** @param planned the whole of which the outcomes are the parts */
export function mergeParts(planned: Planned, revision: string, parts: RunOutcome[]): MergedOutcome {
  const order = items(planned.collection).map(({ name }) => caseId(name));
  const place = (record: { case: string }) => order.indexOf(record.case);
  const begun = Math.min(...parts.map((part) => part.startedAt));
  const ended = Math.max(...parts.map((part) => part.startedAt + part.durationMs));
  return {
    planned,
    revision,
    parts: parts.length,
    exchanges: new Map(parts.flatMap((part) => [...part.exchanges])),
    records: parts.flatMap((part) => part.records).sort((a, b) => place(a) - place(b)),
    assertions: parts.reduce((sum, part) => sum + part.assertions, 0),
    durationMs: ended - begun,
    maxLoopLagMs: Math.max(...parts.map((part) => part.maxLoopLagMs)),
    lag: parts.some((part) => part.lag),
    problems: parts.flatMap((part) => part.problems),
    summaries: parts.flatMap((part) => part.summary ?? []),
  };
}
