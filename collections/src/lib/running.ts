import type { Reply } from './exchange.ts';
import { ANSWER_MS, describeReply } from './handshake.ts';
import { clip, type RequestId, responsesTo } from './jsonrpc.ts';
import type { Call, CallOptions, Script, Session } from './session.ts';
import type { Settings } from './settings.ts';

/** How often a call that was over before everything was done beside it is tried again, each time twice as long. */
const ATTEMPTS = 5;

/** What became of a call. Plain data, so that the test script can judge it. */
export interface End {
  /** Whether it ended with a result, and nothing else. */
  finished: boolean;
  /** For the column "seen". */
  told: string;
}

/** What was done while calls ran, and what became of them. */
export interface Beside<Seen> {
  seen: Seen;
  /** In the order of the calls that were awaited. */
  ends: End[];
}

/** Steps for a call that must still run long after everything about its cancel has been watched. */
export function endlessSteps(settings: Settings): number {
  return Math.max(settings.steps, Math.ceil((3 * settings.settleMs + ANSWER_MS) / settings.intervalMs));
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
  const { exchange } = call;
  let first: { ticks: number; ms: number } | undefined;
  const ticking = async () => {
    if (isOver(call)) return 0;
    const seen = await session.witness(call.key);
    if (!seen || seen.ticks === 0) return undefined;
    first = first || { ticks: seen.ticks, ms: clock.now() };
    return seen.ticks > first.ticks ? (clock.now() - first.ms) / (seen.ticks - first.ticks) : undefined;
  };
  let pace: number | undefined = 0;
  if (settings.tools.state) pace = await clock.until(ticking, ANSWER_MS, Math.min(settings.intervalMs, 20));
  else await clock.within(clock.spending(exchange.ended), blindWaitMs(settings));
  if (exchange.reply && isOver(call)) throw new Error(tooSoon(exchange.reply));
  if (pace === undefined)
    throw new Error(
      `the witness ${settings.tools.state} did not see the call tick twice within ${ANSWER_MS} ms; do slowArguments and stateArguments both hand over $key?`,
    );
  return pace;
}

/** Whether a call has ended; one whose connection the proxy has dropped runs on. */
function isOver({ exchange }: Call): boolean {
  return exchange.reply !== null && exchange.reply.hungUp === null;
}

function tooSoon(reply: Reply): string {
  return `the call was over before it could be cancelled: ${describeReply(reply)}`;
}

/**
 * Waits until the witness knows a call that does not tick, or without a witness for as long as a call is given
 * to begin.
 * @throws Error where the call is over by then, or the witness does not come to know it
 */
export async function untilKnown(script: Script, session: Session, call: Call): Promise<void> {
  const { clock, settings } = script;
  if (settings.tools.state) {
    const known = async () => (call.exchange.reply ? true : (await session.witness(call.key)) && true);
    if (!(await clock.until(known, ANSWER_MS, 20)))
      throw new Error(
        `the witness ${settings.tools.state} did not come to know the call within ${ANSWER_MS} ms`,
      );
  } else await clock.within(clock.spending(call.exchange.ended), blindWaitMs(settings));
  if (call.exchange.reply) throw new Error(tooSoon(call.exchange.reply));
}

/**
 * Runs calls, does something while all of them run, and waits for their natural ends. Calls that were over
 * too soon are tried again, longer and in a session of their own, as ids must not be used twice.
 * @param options one for each call; one with steps of its own is left to the action, and not awaited
 * @param open opens a session for another attempt
 * @param action what is done; it may have to be done several times
 * @throws Error where the calls are over too soon however long they are asked to take
 */
export async function beside<Seen>(
  script: Script,
  first: Session,
  options: CallOptions[],
  open: () => Promise<Session>,
  action: (calls: Call[], session: Session) => Promise<Seen>,
): Promise<Beside<Seen>> {
  const { settings } = script;
  const ms = settings.tools.state ? 300 : 3 * blindWaitMs(settings);
  const steps = Math.max(settings.steps, Math.ceil(ms / settings.intervalMs));
  let session = first;
  for (let attempt = 0; ; attempt++) {
    const calls = options.map((one, i) =>
      session.call(options.length > 1 ? `call ${i + 1}` : 'call', 'slow', {
        steps: steps * 2 ** attempt,
        ...one,
      }),
    );
    const awaited = calls.filter((_call, i) => options[i]?.steps === undefined);
    const last = attempt === ATTEMPTS - 1;
    const completed = () => awaited.some(({ id, exchange }) => isResult(id, exchange.reply));
    try {
      await Promise.all(calls.map((call) => untilRunning(script, session, call)));
      const seen = await action(calls, session);
      // A result that the target sent before it saw the action may arrive after the action's answer.
      await session.ping();
      if (last || !completed())
        return { seen, ends: await Promise.all(awaited.map((call) => awaitEnd(script, call))) };
    } catch (error) {
      if (last || !completed()) throw error;
    }
    await Promise.all(awaited.map((call) => awaitEnd(script, call)));
    session = await open();
  }
}

/** Waits for a call's natural end, for three times the time it should take. */
export async function awaitEnd(script: Script, call: Call): Promise<End> {
  const { clock, settings } = script;
  const ended = clock.spending(clock.within(call.exchange.ended, 3 * call.expectedMs + settings.settleMs));
  const reply = (await ended) || null;
  return { finished: isResult(call.id, reply), told: describeEnd(call.id, reply) };
}

/** Whether a reply holds a result for this id, and no error. */
export function isResult(id: RequestId, reply: Reply | null): boolean {
  const answers = reply ? responsesTo(id, reply.messages) : [];
  return answers.length === 1 && answers[0]?.result !== undefined && !answers[0].result.isError;
}

/** What became of a call, for the column "seen". */
function describeEnd(id: RequestId, reply: Reply | null): string {
  if (!reply) return 'no end of its exchange';
  const answer = responsesTo(id, reply.messages)[0];
  if (answer?.error) return `error ${answer.error.code} ${clip(answer.error.message)}`;
  return answer ? 'a result' : describeReply(reply);
}
