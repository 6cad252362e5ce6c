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

/** Steps for a call that must still run long after everything about its cancel has been watched. */
export function endlessSteps(settings: Settings): number {
  return Math.max(settings.steps, Math.ceil((3 * settings.settleMs + ANSWER_MS) / settings.intervalMs));
}

/** Steps for a call that is awaited, and that must not be over before a cancel has been sent beside it. */
export function awaitedSteps(settings: Settings): number {
  return Math.max(settings.steps, Math.ceil(400 / settings.intervalMs));
}

/**
 * Waits until a call is known to run: two HTTP requests have no order, so a cancel that is sent
 * without waiting may overtake its call. With a witness: until it saw two ticks.
 * @throws Error where the call ended before it could be cancelled.
 */
export async function untilRunning(script: Script, session: Session, call: Call): Promise<void> {
  const { clock, settings } = script;
  const running = async () => {
    if (call.exchange.reply) return call.exchange.reply;
    const seen = await session.witness(call.key);
    return seen && seen.ticks >= 2 ? seen : undefined;
  };
  const witnessed = settings.tools.state
    ? await clock.until(running, ANSWER_MS, Math.min(settings.intervalMs, 20))
    : await clock.within(call.exchange.ended, Math.max(10 * settings.intervalMs, 250));
  const reply = call.exchange.reply;
  if (reply) throw new Error(`the call was over before it could be cancelled: ${describeReply(reply)}`);
  if (settings.tools.state && !witnessed)
    throw new Error(`the witness ${settings.tools.state} did not see the call run within ${ANSWER_MS} ms`);
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
): Promise<CancelledCall> {
  const call = session.call('call', tool, { steps: endlessSteps(script.settings), ...options });
  await untilRunning(script, session, call);
  return cancelAndWatch(script, session, call, options.reason);
}

/** Cancels a call that runs, and watches what becomes of it. */
export async function cancelAndWatch(
  script: Script,
  session: Session,
  call: Call,
  reason?: string,
): Promise<CancelledCall> {
  const { clock, settings } = script;
  const cancel = session.cancel(call.id, reason);
  const [reply, accepted, stop] = await Promise.all([
    clock.within(call.exchange.ended, settings.settleMs),
    clock.within(cancel.ended, settings.settleMs),
    watchHandler(script, session, call.key, cancel.sentMs),
  ]);
  const usable = await session.ping();
  const messages = reply ? reply.messages : [];
  return {
    id: call.id,
    key: call.key,
    accepted: accepted ? { status: accepted.status, body: accepted.body } : null,
    fate: reply ? fateOf(call.id, reply) : 'left open',
    leftOpen: !reply,
    cancelMs: reply && call.exchange.endedMs !== null ? call.exchange.endedMs - cancel.sentMs : null,
    frameless: reply !== undefined && !reply.failure && !/^text\/event-stream/i.test(reply.contentType),
    messages,
    stop,
    evidence: stop ? 'witness' : quiet(call.id, reply) ? 'inferred' : 'none',
    usable,
  };
}

/** How a call's exchange ended, in the suite's words. */
export function fateOf(id: RequestId, reply: Reply): string {
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
): Promise<Stop | null> {
  const { clock, settings } = script;
  if (!settings.tools.state) return null;
  let last: Witness | undefined;
  let signOfWorkMs = clock.now();
  const frozen = async () => {
    const seen = await session.witness(key);
    if (seen && (!last || seen.ticks !== last.ticks || seen.handler !== last.handler))
      signOfWorkMs = clock.now();
    last = seen || last;
    return seen && seen.handler !== 'running' && clock.now() - signOfWorkMs >= settings.quietMs
      ? true
      : undefined;
  };
  const stopped = await clock.until(frozen, settings.settleMs + settings.quietMs, 50);
  return last
    ? { stopped: stopped === true, stoppedMs: Math.max(0, signOfWorkMs - cancelSentMs), last }
    : null;
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
