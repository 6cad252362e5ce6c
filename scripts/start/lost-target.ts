import type { MergedOutcome } from '../runner/merge.ts';
import { ask, isGone } from './answers.ts';
import type { TargetLife } from './target-life.ts';

/** Where a target is gone, how long it may take until its guardian has told how it ended. */
const NEWS_MS = 2000;

/**
 * Whether the target went away while it was tested, in one line: what is an error since then is no matter of
 * cancellation.
 * @param life of a target that the runner has started
 */
export async function lostTarget(
  url: string,
  outcomes: MergedOutcome[],
  life: TargetLife | undefined,
): Promise<string | undefined> {
  const broken = outcomes.some(({ records }) => records.some(({ verdict }) => verdict === 'error'));
  const answer = broken ? await ask(url) : undefined;
  const gone = answer !== undefined && isGone(answer);
  const ended = await life?.ended(gone ? NEWS_MS : 0);
  if (ended !== undefined || !gone) return ended;
  return `the target no longer answers (${answer.reason}): it ended during the run, or was cut off; its log may tell why`;
}
