import type { CaseResult, Results, StaleEntry, UnusedEntry } from '../runner/results.ts';
import { oneLine } from './text.ts';
import { isKnown, places, type Reason, reasons } from './verdict.ts';

/** A known failure, told once for all the collections and revisions in which it was seen. */
export interface KnownFailure {
  /** Why it is accepted. */
  reason: string;
  /** The runs that it was seen in, the first of them first. */
  runs: Array<{ collection: string; revision: string }>;
  /** As it was in the first of them. */
  result: CaseResult;
  /** What would have made it red there. */
  misses: Reason[];
}

/** The known failures that were seen, in the order in which they ran. */
export function knownFailures(results: Results): KnownFailure[] {
  const told = new Map<string, KnownFailure>();
  for (const { collection, revision, cases } of results.runs)
    for (const result of cases.filter(isKnown)) {
      const reason = result.known ?? '';
      const key = JSON.stringify([result.id, reason]);
      const one = told.get(key) ?? { reason, runs: [], result, misses: reasons(result, results.strict) };
      one.runs.push({ collection, revision });
      told.set(key, one);
    }
  return [...told.values()];
}

/** `conformance-2025 2025-06-18, 2025-11-25`. */
export function knownPlaces({ runs }: KnownFailure): string {
  return places(runs);
}

/** The revisions that it was seen in, whatever the collections. */
export function knownRevisions({ runs }: KnownFailure): string {
  return [...new Set(runs.map(({ revision }) => revision))].sort().join(', ');
}

/** What is wrong with an entry, and what to do; where lines are to be put in its place, they are to follow. */
export function staleText(entry: StaleEntry): string {
  return oneLine(`${unusedText(entry)}; ${entry.todo}${entry.replaceBy.length > 0 ? ':' : ''}`);
}

export function unusedText({ file, line, why }: UnusedEntry): string {
  return oneLine(`${file}:${line}: ${why}`);
}
