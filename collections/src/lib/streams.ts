import { type Exchange, isStream, type Reply } from './exchange.ts';
import { ANSWER_MS } from './handshake.ts';
import { wasHungUp } from './hang-up.ts';
import { type Message, responsesTo } from './jsonrpc.ts';
import { awaitEnd } from './running.ts';
import type { Call, Script, Session } from './session.ts';

/** What a stream that was opened by GET brought. Plain data, so that the test script can judge it. */
export interface Heard {
  /** Whether the target opened it; 405 and 4xx are how it says that it offers none. */
  offered: boolean;
  /** Whether it ended by itself. */
  ended: boolean;
  /** Whether it could be read, and had not been ended by the proxy before everything was over. */
  read: boolean;
  messages: Message[];
  /** The ids of its events. */
  eventIds: string[];
  /** For the column "seen". */
  told: string;
}

/** The exchange of a call that was left to itself. */
export interface Whole {
  /** Null where it was left open, and could not be read. */
  reply: Reply | null;
  /** Whether it is a stream, as far as is known: what is left open is one. */
  streamed: boolean;
  /**
   * `answered`: it brought the response and ended. `early`: it ended without. `broken`: its connection was cut, and
   * nothing tells what it had brought. `open`: it did not end by itself.
   */
  end: 'answered' | 'early' | 'broken' | 'open';
  /** For the column "seen". */
  told: string;
}

const TOLD = {
  answered: 'the response, then the end',
  early: 'the end, without the response',
  broken: 'the connection was cut',
  open: 'left open',
};

/** Waits for the natural ends of calls. Where one is left open, its session is ended: only then can it be read. */
export async function readWhole(script: Script, session: Session, calls: Call[]): Promise<Whole[]> {
  await Promise.all(calls.map((call) => awaitEnd(script, call)));
  const open = calls.map(({ exchange }) => exchange.reply === null);
  if (open.indexOf(true) >= 0) await session.end();
  return calls.map(({ id, exchange: { reply } }, i) => {
    const answered = reply !== null && responsesTo(id, reply.messages).length > 0;
    const ended = reply?.failure ? 'broken' : answered ? 'answered' : 'early';
    const end = open[i] ? 'open' : ended;
    return { reply, streamed: !reply || reply.failure !== null || isStream(reply), end, told: TOLD[end] };
  });
}

/** Opens a stream by GET. Where there is a hang-up proxy, it sees to it that the stream does not stay open for good. */
export function listen(script: Script, session: Session, lane: string, lastEventId?: string): Exchange {
  const { settings } = script;
  const afterMs = 2 * settings.settleMs + settings.quietMs;
  const hangUp = settings.hangUpUrl ? { afterMs } : undefined;
  return session.listen(lane, { hangUp, ...(lastEventId === undefined ? {} : { lastEventId }) });
}

/** Goes on from the event that a stream broke off at, and waits for the stream's end for at most `settleMs`. */
export async function resume(script: Script, session: Session, lastEventId: string): Promise<Heard> {
  const { clock, settings } = script;
  const hangUp = settings.hangUpUrl ? { afterMs: settings.settleMs } : undefined;
  const exchange = session.listen('resumed', { lastEventId, hangUp });
  return heard((await clock.within(exchange.ended, settings.settleMs + ANSWER_MS)) || null);
}

/**
 * Ends a session, and with it the streams that were opened by GET: only then can they be read.
 * @param calls those that the streams were open for
 */
export async function hear(session: Session, streams: Exchange[], calls: Call[] = []): Promise<Heard[]> {
  await session.end();
  return streams.map(({ reply, endedMs }) => {
    const one = heard(reply);
    const over = calls.every(
      ({ exchange }) => exchange.endedMs !== null && exchange.endedMs <= (endedMs || 0),
    );
    return { ...one, read: one.read && (one.ended || over) };
  });
}

function heard(reply: Reply | null): Heard {
  const offered = reply === null || (reply.status === 200 && reply.failure === null);
  const ended = reply !== null && !wasHungUp(reply) && reply.failure === null;
  return {
    offered,
    ended,
    read: reply !== null && reply.failure === null,
    messages: reply ? reply.messages : [],
    eventIds: reply ? eventIds(reply) : [],
    told: !reply
      ? 'left open'
      : reply.hungUp
        ? `left open until the proxy hung up, with ${reply.messages.length} messages`
        : `HTTP ${reply.status}, ${reply.messages.length} messages`,
  };
}

/** The ids that a stream's events carried. */
export function eventIds(reply: Reply | null): string[] {
  return reply ? reply.events.flatMap(({ id }) => (id === undefined ? [] : [id])) : [];
}
