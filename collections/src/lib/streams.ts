import type { Exchange, Reply } from './exchange.ts';
import { ANSWER_MS } from './handshake.ts';
import { wasHungUp } from './hang-up.ts';
import type { Message } from './jsonrpc.ts';
import type { Script, Session } from './session.ts';

/** What a stream that was opened by GET brought. Plain data, so that the test script can judge it. */
export interface Heard {
  /** Whether the target opened it; 405 and 4xx are how it says that it offers none. */
  offered: boolean;
  /** Whether it ended by itself, and could be read. */
  ended: boolean;
  /** Whether what it brought is known, be it because someone hung up. */
  read: boolean;
  messages: Message[];
  /** The ids of its events. */
  eventIds: string[];
  /** For the column "seen". */
  told: string;
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

/** Ends a session, and with it the streams that were opened by GET: only then can they be read. */
export async function hear(session: Session, streams: Exchange[]): Promise<Heard[]> {
  await session.end();
  return streams.map(({ reply }) => heard(reply));
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
