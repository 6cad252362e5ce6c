import type { Judge } from './definition.ts';
import type { Reply } from './exchange.ts';
import { readInitialized } from './handshake.ts';
import { notification, responsesTo } from './jsonrpc.ts';
import { stopOutcome } from './outcome.ts';
import { readWitness, resumeSession, type Script, type Session } from './session.ts';
import type { CheckVerdicts } from './verdicts.ts';
import { judgeCancelled, judgeFinished, readInspection } from './work.ts';

const GRACEFULLY = '202 or 4xx, and no JSON-RPC response';

/**
 * Makes what a case's `after` works with.
 * @param reply the reply to the main request
 * @param sessions takes a session that the main request has opened
 * @param evidenceKey the key that the main request asked the witness for
 */
export function judgeWith(
  script: Script,
  reply: Reply,
  sessions: Session[],
  evidenceKey: string | null,
  { decide, settle }: Pick<CheckVerdicts, 'decide' | 'settle'>,
): Judge {
  const { settings, clock } = script;
  const witness = readWitness(responsesTo('evidence', reply.messages)[0]?.result);
  const inspection = readInspection(reply, 'evidence');
  const notObserved = (key: string, why: string) => settle(key, 'not observed', 'a way to see it', why);
  return {
    settings,
    reply,
    witness,
    inspection,
    check: decide,
    checkTaken: (key, taken) =>
      decide(key, taken?.gracefully === true, GRACEFULLY, taken ? taken.told : 'nothing'),
    checkIgnored: (key, input) =>
      decide(
        key,
        input?.taken.gracefully === true && input.end.finished,
        `${GRACEFULLY}; a result for the running call`,
        input ? `${input.taken.told}; for the running call: ${input.end.told}` : 'nothing',
      ),
    checkAlive: (key, alive) => decide(key, alive, 'an answer to a ping', alive ? 'answered' : 'no answer'),
    checkFinished: (key, end) =>
      decide(key, end?.finished === true, 'its result', end ? end.told : 'nothing'),
    checkStopped: (key, cancelled) => {
      if (!cancelled) return notObserved(key, 'nothing was cancelled');
      const { kept, expected, observed } = stopOutcome(
        settings,
        cancelled,
        cancelled.key === evidenceKey ? witness : undefined,
      );
      if (kept === undefined) notObserved(key, observed);
      else decide(key, kept, expected, observed);
    },
    checkCancelled: (work) => judgeCancelled(settings, decide, work, inspection),
    checkDone: (work) => judgeFinished(decide, work, inspection),
    checkAtRest: (key, stop) => {
      if (!stop) return notObserved(key, 'no witness tells whether the handler stopped');
      const { stopped, last } = stop;
      decide(
        key,
        stopped && last.finished === 0,
        'no tick any more, finished 0',
        `${stopped ? 'frozen' : 'still ticking'} at ${last.ticks} ticks, finished ${last.finished}`,
      );
    },
    checkCancelledOnce: (key) => {
      const cancelled = witness?.cancelled;
      if (cancelled === undefined) notObserved(key, 'the witness does not count cancels');
      else if (cancelled === 0) notObserved(key, 'no cancel reached the handler');
      else decide(key, cancelled === 1, 'cancelled once', `cancelled ${cancelled}`);
    },
    checkRanOn: (key, drop) => {
      if (!drop?.last) return notObserved(key, 'the witness does not know the call');
      const { ticks, finished } = drop.last;
      decide(key, finished === 1, 'finished 1', `${drop.how}; then ${ticks} ticks, finished ${finished}`);
    },
    outcome: ({ accepted, fate, stop }) =>
      [
        accepted.told,
        fate,
        ...(stop ? [stop.stopped ? 'the handler stopped' : 'the handler went on'] : []),
      ].join(', '),
    notObserved,
    notApplicable: (key, why) => settle(key, 'not applicable', 'something to judge', why),
    adoptSession: async (id) => {
      const session = resumeSession(script, readInitialized(reply, id));
      sessions.push(session);
      await clock.within(
        session.post('session', notification('notifications/initialized')).ended,
        settings.settleMs,
      );
      return session;
    },
  };
}
