import type { Results, StaleEntry, UnusedEntry } from '../runner/results.ts';
import { isKnown, type Reason, reasons, type SeenCase, seenCases } from './red.ts';
import { oneLine } from './text.ts';

/** A known failure, told once for all the runs in which it was seen. */
export interface KnownFailure extends SeenCase {
  /** Why it is accepted. */
  reason: string;
  /** What would have made it red in the first of the runs. */
  misses: Reason[];
}

/** The known failures that were seen, in the order in which they ran. */
export function knownFailures(results: Results): KnownFailure[] {
  return seenCases(results, isKnown, ({ known = '' }) => known).map((one) => ({
    ...one,
    reason: one.result.known ?? '',
    misses: reasons(one.result, results.strict),
  }));
}

/** What is wrong with an entry, and what to do; where lines are to be put in its place, they are to follow. */
export function staleText(entry: StaleEntry): string {
  return oneLine(`${unusedText(entry)}; ${entry.todo}${entry.replaceBy.length > 0 ? ':' : ''}`);
}

export function unusedText({ file, line, why }: UnusedEntry): string {
  return oneLine(`${file}:${line}: ${why}`);
}
