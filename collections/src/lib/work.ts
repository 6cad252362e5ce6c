import type { Reply } from './exchange.ts';
import { ANSWER_MS, describeReply } from './handshake.ts';
import { type Message, responsesTo } from './jsonrpc.ts';
import { type Call, freshKey, type Script, type Session, type Witness } from './session.ts';
import type { Settings } from './settings.ts';
import type { CancelledCall } from './watch.ts';

/** Work that a tool has done by something of its own: an engine, a worker, an upstream. A second tool asks that. */

/** The tool that asks the resource of a call, by the call's key. */
const INSPECT = 'inspect';

/** Whoever starts an engine or a worker for the first time waits for it. */
const BEGIN_MS = 3 * ANSWER_MS;

/** What a resource tells of itself. */
export interface Inspection {
  /** What was asked, in words. */
  resource: string;
  work: 'running' | 'stopped' | 'finished' | 'failed' | 'unknown';
  /** What it said, in its own words. */
  told: string;
  /** Milliseconds from the cancel to the moment when it had stopped; null where it has not. */
  stop_ms: number | null;
  /** Connections, workers, channels and files that it still holds for the call, and items in flight. */
  left: number | null;
  facts: Record<string, string | number | boolean>;
}

/** Where it was not asked, or did not answer. */
const NOTHING_TOLD: Inspection = {
  resource: 'the resource',
  work: 'unknown',
  told: 'no answer',
  stop_ms: null,
  left: null,
  facts: {},
};

/** Work that was cancelled while it was done. Plain data, so that the test script can judge it. */
export interface CancelledWork {
  /** What its resource told before the cancel. */
  before: Inspection;
  cancelled: CancelledCall;
}

/** Work that was left alone. */
export interface FinishedWork {
  /** The structured content of its result; empty where it came to none. */
  result: Record<string, unknown>;
  /** What its witness told afterwards. */
  witness: Witness | null;
  /** Whether it came to a result that is no error. */
  succeeded: boolean;
  /** Every message of its exchange, in order. */
  messages: Message[];
  /** For the column "seen". */
  told: string;
}

/** What the main request asks, where it is to show the resource. */
export function inspectionOf(key: string): object {
  return { name: INSPECT, arguments: { key } };
}

export function readInspection(reply: Reply, id: string | number): Inspection {
  const told = responsesTo(id, reply.messages)[0]?.result?.structuredContent;
  return { ...NOTHING_TOLD, ...(told as Partial<Inspection> | undefined) };
}

/** Starts a tool by its name. */
export function startWork(session: Session, tool: string, args: object): Call {
  const key = freshKey();
  return session.start('call', 'tools/call', { name: tool, arguments: { ...args, key } }, { key });
}

/**
 * Waits until a call's resource says that it works, and the witness that it gets on, so that there is something to stop.
 * @param ready what has to be so besides
 * @throws Error where the call was over before, or its resource does not say so
 */
export async function untilAtWork(
  { clock }: Script,
  session: Session,
  { key, exchange }: Call,
  ready: (seen: Inspection) => boolean,
): Promise<Inspection> {
  let last = NOTHING_TOLD;
  const atWork = async () => {
    if (exchange.reply) return true;
    const { id, exchange: asked } = session.request('inspect', 'tools/call', inspectionOf(key));
    const reply = await clock.within(asked.ended, ANSWER_MS);
    if (reply) last = readInspection(reply, id);
    const seen = await session.witness(key);
    return seen && seen.ticks > 0 && last.work === 'running' && ready(last) ? true : undefined;
  };
  const found = await clock.until(atWork, BEGIN_MS, 20);
  if (exchange.reply)
    throw new Error(
      `the call was over before it could be cancelled: ${describeReply(exchange.reply)}; the server has to be started with TOOLS=applications`,
    );
  if (!found)
    throw new Error(
      `within ${BEGIN_MS} ms nobody told that the call gets on; its resource says ${JSON.stringify(last)}`,
    );
  return last;
}

/** Waits until a call ends by itself, and tells what it came to. */
export async function awaitWork({ clock }: Script, session: Session, call: Call): Promise<FinishedWork> {
  const reply = await clock.within(clock.spending(call.exchange.ended), BEGIN_MS);
  const result = reply ? responsesTo(call.id, reply.messages)[0]?.result : undefined;
  const succeeded = result !== undefined && !result.isError;
  return {
    result: (succeeded && (result.structuredContent as Record<string, unknown>)) || {},
    witness: (await session.witness(call.key)) || null,
    succeeded,
    messages: reply ? reply.messages : [],
    told: !reply ? `no end within ${BEGIN_MS} ms` : succeeded ? 'a result' : describeReply(reply),
  };
}

type Decide = (key: string, ok: boolean, expected: string, observed: string) => void;

/** Judges the checks that every case with cancelled work has: by its exchange, by the witness, by the resource. */
export function judgeCancelled(
  { maxCancelMs, settleMs }: Settings,
  decide: Decide,
  { cancelled }: CancelledWork,
  seen: Inspection,
): void {
  const { fate, leftOpen, cancelMs, stop } = cancelled;
  decide(
    'ends',
    cancelMs !== null && cancelMs <= maxCancelMs && fate !== 'result' && fate !== 'dropped',
    `its end without a result, at most ${maxCancelMs} ms after the cancel was sent`,
    leftOpen ? `left open ${settleMs} ms after the cancel` : `${fate} after ${cancelMs} ms`,
  );
  const witness = stop?.last;
  decide(
    'stops',
    witness?.handler === 'ended' && witness.cancelled === 1 && witness.finished === 0,
    'handler ended, cancelled 1, finished 0',
    witness
      ? `handler ${witness.handler}, cancelled ${witness.cancelled}, finished ${witness.finished}`
      : 'the witness does not know the call',
  );
  decide('resource', seen.work === 'stopped', 'the work has stopped', tellOf(seen));
  const stopMs = seen.stop_ms;
  decide(
    'soon',
    stopMs !== null && stopMs <= maxCancelMs,
    `at most ${maxCancelMs} ms after the cancel`,
    stopMs === null ? 'it has not stopped' : `${stopMs} ms`,
  );
  judgeLeft(decide, witness, seen);
}

/** Judges the checks that every case with work that is left alone has. */
export function judgeFinished(
  decide: Decide,
  { witness, succeeded, told }: FinishedWork,
  seen: Inspection,
): void {
  const finished = witness ? witness.finished : 0;
  decide('result', succeeded && finished === 1, 'a result, finished 1', `${told}, finished ${finished}`);
  decide('resource', seen.work === 'finished', 'the work is finished', tellOf(seen));
  judgeLeft(decide, witness, seen);
}

function judgeLeft(decide: Decide, witness: Witness | null | undefined, { left, told }: Inspection): void {
  const cleanedUp = witness ? witness.cleaned_up : undefined;
  decide(
    'left',
    left === 0 && cleanedUp === true,
    '0 left, cleaned_up true',
    `${left === null ? told : `${left} left`}, cleaned_up ${cleanedUp}`,
  );
}

function tellOf({ resource, work, told }: Inspection): string {
  return `${resource}: ${work} (${told})`;
}
