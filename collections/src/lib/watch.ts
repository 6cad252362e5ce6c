import { type Exchange, type Reply, readMessages } from './exchange.ts';
import { ANSWER_MS } from './handshake.ts';
import { type Message, type RequestId, responsesTo } from './jsonrpc.ts';
import type { Evidence } from './record.ts';
import { endlessSteps, untilRunning } from './running.ts';
import type { Call, CallOptions, Script, Session, Witness } from './session.ts';

/** What the witness showed of a cancelled call's handler. */
export interface Stop {
  /** No tick for `quietMs`, and the handler not said to be running. */
  stopped: boolean;
  /** Milliseconds without a tick that were asked for: the setting, or five ticks at the pace that was seen. */
  quietMs: number;
  /** How many milliseconds after the cancel was sent it certainly still worked; a lower bound, as who asks may be slow. */
  workedMs: number;
  last: Witness;
}

/** How a notification was taken. Plain data, so that the test script can judge it. */
export interface Taken {
  /** HTTP status; 0 where no answer came. */
  status: number;
  body: string;
  contentType: string;
  /** The JSON-RPC messages of the body. */
  messages: Message[];
  /** Accepted with 202 or refused with a 4xx, and no JSON-RPC response with an id. */
  gracefully: boolean;
  /** For the column "seen". */
  told: string;
}

/** A call that was cancelled while it ran: what came of it. Plain data, so that the test script can judge it. */
export interface CancelledCall {
  id: RequestId;
  key: string;
  /** How the cancel itself was taken. */
  accepted: Taken;
  /** How the call's HTTP exchange ended. */
  fate: string;
  leftOpen: boolean;
  /** Milliseconds from sending the cancel to the end of the call's exchange; null where it was left open. */
  cancelMs: number | null;
  /** Milliseconds from sending the cancel to a result, be it long after it was given up on; null where none came. */
  resultAfterMs: number | null;
  /** Milliseconds from sending the cancel to the last progress of a call that was left open; null where nothing tells it. */
  progressAfterMs: number | null;
  /** Whether the exchange ended without having been a stream. */
  frameless: boolean;
  /** Every message of the call's exchange, in order, be it after it was given up on. */
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
  /** Ends the session, and waits for the end of the exchange; what it still brings is noted. */
  release: (() => Promise<void>) | null;
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
  const { tools, hangUpUrl } = script.settings;
  // Where no witness tells whether the handler works on, the times of its progress may.
  const hangUp = !tools.state && hangUpUrl ? { times: true } : undefined;
  const call = session.call('call', tool, { steps: endlessSteps(script.settings), hangUp, ...options });
  const pace = await untilRunning(script, session, call);
  return cancelAndWatch(script, session, call, () => session.cancel(call.id, options.reason), pace);
}

/** Cancels a call that runs, and watches what becomes of it. */
export async function cancelAndWatch(
  script: Script,
  session: Session,
  call: Call,
  send: () => Exchange = () => session.cancel(call.id),
  pace = 0,
): Promise<Watched> {
  const { clock, settings } = script;
  const cancel = send();
  // Either end tells that the cancel has arrived; a target may keep back both.
  const arrived = clock.within(Promise.race([cancel.ended, call.exchange.ended]), settings.maxCancelMs / 4);
  const [reply, accepted, stop] = await Promise.all([
    clock.within(call.exchange.ended, settings.settleMs),
    take(script, cancel),
    arrived.then(() =>
      watchHandler(script, session, call.key, cancel.sentMs, Math.max(settings.quietMs, 5 * pace)),
    ),
  ]);
  const usable = await session.ping();
  const cancelled: CancelledCall = {
    id: call.id,
    key: call.key,
    accepted,
    fate: reply ? fateOf(call.id, reply) : 'left open',
    leftOpen: !reply,
    cancelMs: reply && call.exchange.endedMs !== null ? call.exchange.endedMs - cancel.sentMs : null,
    resultAfterMs: resultAfter(call, cancel.sentMs),
    progressAfterMs: null,
    frameless: isFrameless(reply),
    messages: reply ? reply.messages : [],
    stop,
    evidence: stop ? 'witness' : quiet(call.id, reply) ? 'inferred' : 'none',
    usable,
  };
  const release = async () => {
    const watchedMs = clock.now();
    await session.end();
    // Without a session nothing ends the exchange but the call's own end, or whoever runs us.
    await clock.within(call.exchange.ended, 3 * settings.settleMs + 2 * ANSWER_MS);
    cancelled.resultAfterMs = resultAfter(call, cancel.sentMs);
    cancelled.progressAfterMs = progressAfter(script, call, cancel.sentMs, watchedMs);
    const { progressAfterMs } = cancelled;
    if (!stop && progressAfterMs !== null && progressAfterMs <= settings.maxCancelMs)
      cancelled.evidence = 'inferred';
    if (!call.exchange.reply) return;
    cancelled.messages = call.exchange.reply.messages;
    cancelled.frameless = isFrameless(call.exchange.reply);
  };
  return { cancelled, release: reply ? null : release };
}

/** Waits for the answer to a notification. */
export async function take({ clock }: Script, exchange: Exchange): Promise<Taken> {
  const reply = await clock.within(exchange.ended, ANSWER_MS);
  if (!reply) {
    const told = `no answer within ${ANSWER_MS} ms`;
    return { status: 0, body: '', contentType: '', messages: [], gracefully: false, told };
  }
  const { status, body, contentType, failure, messages } = reply;
  const answered = messages.some(({ id, method }) => id !== undefined && id !== null && method === undefined);
  return {
    status,
    body,
    contentType,
    messages,
    gracefully: (status === 202 || (status >= 400 && status < 500)) && !answered,
    told: failure
      ? `no response (${failure})`
      : `HTTP ${status}${answered ? ' with a JSON-RPC response' : ''}`,
  };
}

/** Whether the answer came as JSON, not as an event stream. */
function isFrameless(reply: Reply | undefined): boolean {
  return reply !== undefined && !reply.failure && !/^text\/event-stream/i.test(reply.contentType);
}

/** Milliseconds from the cancel to the call's result; null where its exchange has brought none so far. */
function resultAfter(call: Call, cancelSentMs: number): number | null {
  const { reply, endedMs } = call.exchange;
  const result = reply && responsesTo(call.id, reply.messages).some((answer) => answer.result !== undefined);
  return result && endedMs !== null ? endedMs - cancelSentMs : null;
}

/**
 * Milliseconds from the cancel to the call's last progress; null where none came, or nothing tells when. Whatever
 * stands in front of a target may hold events back, and let them go with the stream, or all at once: such times tell
 * nothing.
 * @param watchedMs when the call was given up on, which may end its stream
 */
function progressAfter(
  { clock, settings }: Script,
  call: Call,
  cancelSentMs: number,
  watchedMs: number,
): number | null {
  const began = Date.now() - clock.now();
  const times = (call.exchange.reply?.events || [])
    .filter(({ at, data }) => at !== undefined && readMessages(data).some((one) => isProgressOf(call, one)))
    .map(({ at = 0 }) => at - began)
    .filter((ms) => ms <= watchedMs);
  const before = times.filter((ms) => ms <= cancelSentMs);
  const after = times.slice(before.length);
  const [first = 0] = after;
  const heldBack = (after[after.length - 1] || 0) - first < settings.quietMs;
  const last = (heldBack ? before : after).pop();
  return last === undefined ? null : last - cancelSentMs;
}

function isProgressOf({ key }: Call, { method, params }: Message): boolean {
  return method === 'notifications/progress' && params?.progressToken === key;
}

/** How a call's exchange ended, in the suite's words. */
function fateOf(id: RequestId, reply: Reply): string {
  if (reply.failure || reply.hungUp) return 'dropped';
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

/** Watches a handler by the witness alone, until it is at rest or `settleMs` have passed. */
export async function watchHandler(
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
  let workedMs = cancelSentMs;
  let askedMs = cancelSentMs;
  const atRest = async () => {
    const lastAskedMs = askedMs;
    askedMs = clock.now();
    const seen = await session.witness(key);
    if (seen && (!last || seen.ticks !== last.ticks || seen.handler !== last.handler)) {
      signOfWorkMs = clock.now();
      // What has changed since the last answer has done so since the last question.
      if (last) workedMs = lastAskedMs;
    }
    if (seen?.handler === 'running') workedMs = askedMs;
    last = seen;
    return seen && seen.handler !== 'running' && clock.now() - signOfWorkMs >= quietMs ? true : undefined;
  };
  await atRest();
  // Most handlers are at rest by now: then there is nothing to see before the quiet window is over.
  if (last && last.handler !== 'running') await clock.sleep(quietMs);
  const stopped = await clock.until(atRest, settings.settleMs + quietMs, 50);
  // A witness that has forgotten the call can no longer tell whether it goes on.
  if (!last) return null;
  return { stopped: stopped === true, quietMs, workedMs: workedMs - cancelSentMs, last };
}
