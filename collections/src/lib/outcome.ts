import type { Witness } from './session.ts';
import type { Settings } from './settings.ts';
import type { CancelledCall } from './watch.ts';

/** Whether a cancelled call's handler stopped; `kept` is undefined where nothing shows it. */
export interface StopOutcome {
  kept: boolean | undefined;
  expected: string;
  observed: string;
}

/**
 * Concludes whether the handler of a cancelled call stopped.
 * @param later what the witness told after the watching was over
 */
export function stopOutcome(settings: Settings, cancelled: CancelledCall, later?: Witness): StopOutcome {
  const { stop, resultAfterMs, progressAfterMs, evidence, fate } = cancelled;
  if (!stop) {
    const witness = settings.tools.state
      ? 'the witness does not know the cancelled call'
      : 'no witness (stateTool is empty)';
    const expected = 'no result after the cancel';
    // A handler that stops may answer its cancel with a result: only a late one is that of work that went on.
    const late = resultAfterMs !== null && resultAfterMs > settings.maxCancelMs;
    if (late)
      return {
        kept: false,
        expected,
        observed: `the call ran to its result, ${resultAfterMs} ms after the cancel`,
      };
    // As long as a witness would have been asked: the specification names no time.
    if (progressAfterMs !== null && progressAfterMs > settings.settleMs - settings.quietMs)
      return {
        kept: false,
        expected: 'no progress and no result long after the cancel',
        observed: `it still reported progress ${progressAfterMs} ms after the cancel`,
      };
    // A handler can work on behind an exchange that has ended: that it stopped would be a guess.
    const seen =
      resultAfterMs !== null
        ? `a result came ${resultAfterMs} ms after the cancel, perhaps in answer to it`
        : evidence === 'inferred'
          ? 'progress went quiet and no result came'
          : `the call's exchange: ${fate}`;
    return { kept: undefined, expected, observed: `${witness}; ${seen}` };
  }
  const finished = (later || stop.last).finished;
  const moved = later ? later.ticks - stop.last.ticks : 0;
  return {
    kept: stop.stopped && finished === 0 && moved === 0,
    expected: `no tick for ${Math.round(stop.quietMs)} ms, finished 0`,
    observed:
      stop.stopped && moved === 0
        ? `frozen at ${stop.last.ticks} ticks, finished ${finished}`
        : `${stop.last.handler === 'running' ? 'the handler still runs' : 'still ticking'} ${settings.settleMs} ms after the cancel (${stop.last.ticks + moved} ticks, finished ${finished})`,
  };
}
