import { isStream, type Reply } from './exchange.ts';
import { ANSWER_MS } from './handshake.ts';
import type { HangUp } from './hang-up.ts';
import { awaitEnd, endlessSteps } from './running.ts';
import type { Call, Script, Session, Witness } from './session.ts';

/** A call whose connection was dropped while it ran. */
export interface Dropped {
  call: Call;
  /** What had arrived until then. */
  reply: Reply;
}

/** How often a call that was over before its connection was dropped is tried again, each time twice as long. */
const ATTEMPTS = 4;

/** How a call is to be dropped. */
export interface DropOptions {
  /** Whether it is to run until it is cancelled; otherwise it ends by itself soon after. */
  endless?: boolean;
  how?: HangUp['how'];
  /** Whether something of its stream has to have arrived by then. */
  begun?: boolean;
}

/** Whether the target answers a call that takes long with a stream; one that never ends its answer does. */
export async function streams(script: Script, session: Session): Promise<boolean> {
  const call = session.call('whole', 'slow');
  await awaitEnd(script, call);
  return call.exchange.reply === null || isStream(call.exchange.reply);
}

/**
 * Starts a call through the hang-up proxy, which drops its connection when it has brought a few events, or
 * after a while.
 * @throws Error where the call was over before its connection was dropped, however long it was asked to take
 */
export async function drop(
  script: Script,
  session: Session,
  lane: string,
  { endless = false, how = 'fin', begun = false }: DropOptions = {},
): Promise<Dropped> {
  const { clock, settings } = script;
  let afterMs = Math.max(200, 4 * settings.intervalMs);
  let lastsMs = 2.5 * afterMs;
  for (let attempt = 0; ; attempt++) {
    const steps = Math.ceil(lastsMs / settings.intervalMs);
    const call = session.call(lane, 'slow', {
      steps: endless ? endlessSteps(settings) : steps,
      hangUp: { afterEvents: 4, afterMs, how },
    });
    const reply = await clock.within(clock.spending(call.exchange.ended), settings.settleMs + afterMs);
    const last = attempt === ATTEMPTS - 1;
    if (reply?.hungUp && (!begun || reply.events.length > 0 || last)) return { call, reply };
    if (last)
      throw new Error(
        `the proxy did not drop the call's connection: ${reply ? `HTTP ${reply.status} ${reply.failure || ''}` : 'no answer'}`,
      );
    if (reply?.hungUp) afterMs *= 2;
    lastsMs *= 2;
  }
}

/**
 * Whether a call runs on after its connection was dropped: it goes on ticking. Without a witness nothing tells,
 * and it is taken for granted.
 */
export async function outlives({ clock, settings }: Script, session: Session, call: Call): Promise<boolean> {
  if (!settings.tools.state) return true;
  let first: number | undefined;
  const found = async () => {
    const seen = await session.witness(call.key);
    if (!seen) return undefined;
    if (isOver(seen)) return 'over';
    if (first === undefined) first = seen.ticks;
    return seen.ticks >= first + 2 ? 'running' : undefined;
  };
  return (await clock.until(found, ANSWER_MS, Math.min(settings.intervalMs, 20))) === 'running';
}

/** Waits until the witness says that a call is over, for three times the time it should take. */
export async function untilOver(script: Script, session: Session, call: Call): Promise<Witness | undefined> {
  const { clock, settings } = script;
  let last: Witness | undefined;
  const over = async () => {
    last = await session.witness(call.key);
    return last && isOver(last) ? true : undefined;
  };
  await clock.until(over, 3 * call.expectedMs + settings.settleMs, Math.max(20, settings.intervalMs));
  return last;
}

function isOver({ finished, handler }: Witness): boolean {
  return finished > 0 || handler === 'ended';
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
): Promise<{ key: string; drops: AfterDrop[] }> {
  const ways = ['fin', 'rst'] as const;
  const dropped = await Promise.all(ways.map((how) => drop(script, session, how, { how })));
  const over = await Promise.all(dropped.map(({ call }) => untilOver(script, session, call)));
  return {
    key: dropped[0] ? dropped[0].call.key : '',
    drops: dropped.map(({ reply }, i) => ({ how: reply.hungUp || '', last: over[i] })),
  };
}
