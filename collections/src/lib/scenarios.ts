import type { Reply } from './exchange.ts';
import { clip, type Message, type RequestId, responsesTo } from './jsonrpc.ts';
import type { Evidence } from './record.ts';
import {
  ANSWER_MS,
  type Call,
  type CallOptions,
  describeReply,
  type Script,
  type Session,
  type Witness,
} from './session.ts';
import type { Settings } from './settings.ts';

/** What the witness showed of a cancelled call's handler. */
export interface Stop {
  /** No tick for `quietMs`, and the handler not said to be running. */
  stopped: boolean;
  /** Milliseconds without a tick that were asked for: the setting, or five ticks at the pace that was seen. */
  quietMs: number;
  /** Milliseconds from sending the cancel until no further sign of work was seen; an upper bound. */
  stoppedMs: number;
  last: Witness;
}

/** A call that was cancelled while it ran: what came of it. Plain data, so that the test script can judge it. */
export interface CancelledCall {
  id: RequestId;
  key: string;
  /** The reply to the cancel itself; null where none came within `settleMs`. */
  accepted: { status: number; body: string } | null;
  /** How the call's HTTP exchange ended. */
  fate: string;
  leftOpen: boolean;
  /** Milliseconds from sending the cancel to the end of the call's exchange; null where it was left open. */
  cancelMs: number | null;
  /** Milliseconds from sending the cancel to a result, be it long after it was given up on; null where none came. */
  resultAfterMs: number | null;
  /** Whether the exchange ended without having been a stream. */
  frameless: boolean;
  /** Every message of the call's exchange, in order. */
  messages: Message[];
  /** Null where the environment names no witness, or it does not know the call. */
  stop: Stop | null;
  evidence: Evidence;
  /** Whether the same session answered a `ping` afterwards. */
  usable: boolean;
}

/** A cancelled call, and how to get rid of its exchange where the target left it open. */
export interface Watched {
  cancelled: CancelledCall;
  /** Ends the session, and waits for the end of the exchange; a result that it still brings is noted. */
  release: (() => Promise<void>) | null;
}

/** Steps for a call that must still run long after everything about its cancel has been watched. */
export function endlessSteps(settings: Settings): number {
  return Math.max(settings.steps, Math.ceil((3 * settings.settleMs + ANSWER_MS) / settings.intervalMs));
}

/** Steps for a call that is awaited, and that must not be over before a cancel has been sent beside it. */
export function awaitedSteps(settings: Settings): number {
  const ms = settings.tools.state ? 800 : 3 * blindWaitMs(settings);
  return Math.max(settings.steps, Math.ceil(ms / settings.intervalMs));
}

/** Without a witness: how long a call is given to begin, in milliseconds. */
function blindWaitMs(settings: Settings): number {
  return Math.max(5 * settings.intervalMs, 250);
}

/**
 * Waits until a call is known to run: two HTTP requests have no order, so a cancel that is sent
 * without waiting may overtake its call. With a witness: until it saw the call tick, and then tick again.
 * @returns the pace of the call in milliseconds per tick, as far as the witness showed it; 0 without a witness
 * @throws Error where the call ended before it could be cancelled, or the witness did not see it run
 */
export async function untilRunning(script: Script, session: Session, call: Call): Promise<number> {
  const { clock, settings } = script;
  const exchange = call.exchange;
  if (!settings.tools.state) await clock.within(exchange.ended, blindWaitMs(settings));
  let first: { ticks: number; ms: number } | undefined;
  const ticking = async () => {
    if (exchange.reply) return 0;
    const seen = await session.witness(call.key);
    if (!seen || seen.ticks === 0) return undefined;
    first = first || { ticks: seen.ticks, ms: clock.now() };
    return seen.ticks > first.ticks ? (clock.now() - first.ms) / (seen.ticks - first.ticks) : undefined;
  };
  const pace = settings.tools.state
    ? await clock.until(ticking, ANSWER_MS, Math.min(settings.intervalMs, 20))
    : 0;
  if (exchange.reply)
    throw new Error(`the call was over before it could be cancelled: ${describeReply(exchange.reply)}`);
  if (pace === undefined)
    throw new Error(
      `the witness ${settings.tools.state} did not see the call tick twice within ${ANSWER_MS} ms; do slowArguments and stateArguments both hand over $key?`,
    );
  return pace;
}

/**
 * Starts a call, waits until it runs, cancels it while it runs, and watches what becomes of it: the call's
 * exchange and its handler, at the same time.
 */
export async function cancelInFlight(
  script: Script,
  session: Session,
  tool: 'slow' | 'file' = 'slow',
  options: CallOptions & { reason?: string } = {},
): Promise<Watched> {
  const call = session.call('call', tool, { steps: endlessSteps(script.settings), ...options });
  const pace = await untilRunning(script, session, call);
  return cancelAndWatch(script, session, call, options.reason, pace);
}

/** Cancels a call that runs, and watches what becomes of it. */
export async function cancelAndWatch(
  script: Script,
  session: Session,
  call: Call,
  reason?: string,
  pace = 0,
): Promise<Watched> {
  const { clock, settings } = script;
  const cancel = session.cancel(call.id, reason);
  const [reply, accepted, stop] = await Promise.all([
    clock.within(call.exchange.ended, settings.settleMs),
    clock.within(cancel.ended, settings.settleMs),
    watchHandler(script, session, call.key, cancel.sentMs, Math.max(settings.quietMs, 5 * pace)),
  ]);
  const usable = await session.ping();
  const messages = reply ? reply.messages : [];
  const cancelled: CancelledCall = {
    id: call.id,
    key: call.key,
    accepted: accepted ? { status: accepted.status, body: accepted.body } : null,
    fate: reply ? fateOf(call.id, reply) : 'left open',
    leftOpen: !reply,
    cancelMs: reply && call.exchange.endedMs !== null ? call.exchange.endedMs - cancel.sentMs : null,
    resultAfterMs: resultAfter(call, cancel.sentMs),
    frameless: reply !== undefined && !reply.failure && !/^text\/event-stream/i.test(reply.contentType),
    messages,
    stop,
    evidence: stop ? 'witness' : quiet(call.id, reply) ? 'inferred' : 'none',
    usable,
  };
  const release = async () => {
    await session.end();
    // Without a session nothing ends the exchange but the call's own end, or whoever runs us.
    await clock.within(call.exchange.ended, 3 * settings.settleMs + 2 * ANSWER_MS);
    cancelled.resultAfterMs = resultAfter(call, cancel.sentMs);
  };
  return { cancelled, release: reply ? null : release };
}

/** Milliseconds from the cancel to the call's result; null where its exchange has brought none so far. */
function resultAfter(call: Call, cancelSentMs: number): number | null {
  const { reply, endedMs } = call.exchange;
  const result = reply && responsesTo(call.id, reply.messages).some((answer) => answer.result !== undefined);
  return result && endedMs !== null ? endedMs - cancelSentMs : null;
}

/** How a call's exchange ended, in the suite's words. */
function fateOf(id: RequestId, reply: Reply): string {
  if (reply.failure) return 'dropped';
  const answer = responsesTo(id, reply.messages)[0];
  if (answer?.error) return `error ${answer.error.code}`;
  if (answer) return 'result';
  return reply.status === 202 ? 'accepted 202' : 'no response, closed';
}

/** Without a witness: the exchange ended early, no result came, and progress had shown that work was going on. */
function quiet(id: RequestId, reply: Reply | undefined): boolean {
  if (!reply || reply.failure) return false;
  const result = responsesTo(id, reply.messages).some((answer) => answer.result !== undefined);
  return !result && reply.messages.some((message) => message.method === 'notifications/progress');
}

async function watchHandler(
  script: Script,
  session: Session,
  key: string,
  cancelSentMs: number,
  quietMs: number,
): Promise<Stop | null> {
  const { clock, settings } = script;
  if (!settings.tools.state) return null;
  let last: Witness | undefined;
  let signOfWorkMs = clock.now();
  const atRest = async () => {
    const seen = await session.witness(key);
    if (seen && (!last || seen.ticks !== last.ticks || seen.handler !== last.handler))
      signOfWorkMs = clock.now();
    last = seen;
    return seen && seen.handler !== 'running' && clock.now() - signOfWorkMs >= quietMs ? true : undefined;
  };
  const stopped = await clock.until(atRest, settings.settleMs + quietMs, 50);
  // A witness that has forgotten the call can no longer tell whether it goes on.
  if (!last) return null;
  return { stopped: stopped === true, quietMs, stoppedMs: Math.max(0, signOfWorkMs - cancelSentMs), last };
}

/** Waits for a call's natural end; null where it did not come in three times the time the call should take. */
export async function awaitEnd(script: Script, call: Call): Promise<Reply | null> {
  const { clock, settings } = script;
  const ms = 3 * awaitedSteps(settings) * settings.intervalMs + settings.settleMs;
  return (await clock.within(call.exchange.ended, ms)) || null;
}

/** Whether a reply holds a result for this id, and no error. */
export function isResult(id: RequestId, reply: Reply | null): boolean {
  const answers = reply ? responsesTo(id, reply.messages) : [];
  return answers.length === 1 && answers[0]?.result !== undefined && !answers[0].result.isError;
}

/** What became of a call, for the column "seen". */
export function describeEnd(id: RequestId, reply: Reply | null): string {
  if (!reply) return 'no end of its exchange';
  const answer = responsesTo(id, reply.messages)[0];
  if (answer?.error) return `error ${answer.error.code} ${clip(answer.error.message)}`;
  return answer ? `a result` : describeReply(reply);
}
