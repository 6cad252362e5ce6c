import type { Reply } from './exchange.ts';
import type { HangUp } from './hang-up.ts';
import { endlessSteps } from './running.ts';
import type { Call, Script, Session, Witness } from './session.ts';

/** A call whose connection was dropped while it ran. */
export interface Dropped {
  call: Call;
  /** What had arrived until then. */
  reply: Reply;
}

/** How often a call that was over before its connection was dropped is tried again, each time twice as long. */
const ATTEMPTS = 4;

/**
 * Starts a call through the hang-up proxy, which drops its connection when it has brought a few events, or
 * after a while.
 * @param endless whether it is to run until it is cancelled; otherwise it ends by itself soon after
 * @throws Error where the call was over before its connection was dropped, however long it was asked to take
 */
export async function drop(
  script: Script,
  session: Session,
  lane: string,
  endless: boolean,
  how: HangUp['how'] = 'fin',
): Promise<Dropped> {
  const { clock, settings } = script;
  const afterMs = Math.max(200, 4 * settings.intervalMs);
  const hangUp: HangUp = { afterEvents: 4, afterMs, how };
  const steps = Math.ceil((2.5 * afterMs) / settings.intervalMs);
  for (let attempt = 0; ; attempt++) {
    const call = session.call(lane, 'slow', {
      steps: endless ? endlessSteps(settings) : steps * 2 ** attempt,
      hangUp,
    });
    const reply = await clock.within(clock.spending(call.exchange.ended), settings.settleMs + afterMs);
    if (reply?.hungUp) return { call, reply };
    if (attempt === ATTEMPTS - 1)
      throw new Error(
        `the proxy did not drop the call's connection: ${reply ? `HTTP ${reply.status} ${reply.failure || ''}` : 'no answer'}`,
      );
  }
}

/** Waits until the witness says that a call is over, for three times the time it should take. */
export async function untilOver(script: Script, session: Session, call: Call): Promise<Witness | undefined> {
  const { clock, settings } = script;
  let last: Witness | undefined;
  const over = async () => {
    last = await session.witness(call.key);
    return last && (last.finished > 0 || last.handler === 'ended') ? true : undefined;
  };
  await clock.until(over, 3 * call.expectedMs + settings.settleMs, Math.max(20, settings.intervalMs));
  return last;
}

/** A call that was dropped, and what the witness told of it when it should have been over. */
export interface AfterDrop {
  /** What the proxy tells of the drop. */
  how: string;
  /** Undefined where the witness does not know the call. */
  last: Witness | undefined;
}

/** Drops two calls, one in order and one by a reset, and waits for what becomes of them. */
export async function dropBothWays(
  script: Script,
  session: Session,
): Promise<{ streamed: boolean; key: string; drops: AfterDrop[] }> {
  const ways = ['fin', 'rst'] as const;
  const dropped = await Promise.all(ways.map((how) => drop(script, session, how, false, how)));
  const over = await Promise.all(dropped.map(({ call }) => untilOver(script, session, call)));
  return {
    streamed: dropped.some(({ reply }) => reply.contentType !== ''),
    key: dropped[0] ? dropped[0].call.key : '',
    drops: dropped.map(({ reply }, i) => ({ how: reply.hungUp || '', last: over[i] })),
  };
}
