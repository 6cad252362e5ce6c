import { randomUUID } from 'node:crypto';
import { oneLine, plural } from '../report/text.ts';
import type { Io } from '../runner/screen.ts';
import type { Options } from './options.ts';
import type { Exchange, RawSession } from './raw.ts';
import { endingOf, type Outcome, showRaw } from './show-raw.ts';
import { pause, within } from './within.ts';

const TICK_MS = 200;

/** How long to wait before the witness is asked, in milliseconds. */
const LOOK_MS = TICK_MS * 2.5;

/** How often the witness is asked before it is believed that nothing more will happen. */
const LOOKS = 5;

/** How long the server may take for anything else, in milliseconds. */
const ANSWER_MS = 3000;

/** What the witness tells of the call. */
interface Seen {
  call: string;
  /** Whether its code still runs; not every witness tells. */
  handler?: string;
  ticks: number;
}

/**
 * Hanging up is no cancel in the revisions of 2025, where it "SHOULD NOT be interpreted as the client cancelling its
 * request": the call runs on, an explicit cancel stops it, and what was missed can be fetched.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server
 * @returns the exit code: 0 where all of that was shown, 1 where the server does otherwise, 3 where it cannot show it
 * @throws Failure (3) where there is nothing to connect to
 */
export async function disconnect(options: Options, io: Io): Promise<number> {
  return showRaw(options, io, async (session, trace) => {
    const key = randomUUID();
    const { id, exchange } = session.request('tools/call', {
      name: 'slow',
      arguments: { steps: 100, interval_ms: TICK_MS, key },
      _meta: { progressToken: 'disconnect' },
    });
    const begun: Promise<unknown> = session.streams
      ? exchange.until(({ params }) => params?.progress === 2)
      : pause(LOOK_MS, io.signal);
    await within(begun, ANSWER_MS, io.signal);
    const interrupted = async (): Promise<Outcome> => {
      trace.note(`interrupted: cancelling request ${id}`);
      await session.cancel(id, 'interrupted', options.method);
      return { exitCode: 130, summary: 'Interrupted.' };
    };
    if (io.signal?.aborted) return interrupted();
    const early = await within(exchange.fate, 0);
    if (early) {
      const { text } = await endingOf(exchange, id, early);
      return { exitCode: 1, summary: `Not shown: request ${id} ended before: ${text}.` };
    }
    trace.note('hanging up: the connection is closed, and no cancel is sent');
    exchange.hangUp();
    await exchange.fate;

    const witness = new Witness(session, key, io.signal);
    const first = await witness.look();
    await pause(LOOK_MS, io.signal);
    const later =
      first && (await witness.until(({ ticks, call }) => ticks > first.ticks || call !== 'running'));
    if (io.signal?.aborted) return interrupted();
    const ranOn = later?.call === 'running' && later.ticks > (first?.ticks ?? 0);
    if (ranOn) trace.note(`the call runs on: ${first?.ticks} ticks, now ${later.ticks}; cancelling it`);
    await session.cancel(id, 'nobody listens any more', options.method);
    if (!later)
      return {
        exitCode: 3,
        summary: 'Not shown: without a witness (the tool "state") nobody can tell whether the call ran on.',
      };
    if (!ranOn)
      return {
        exitCode: 1,
        summary: `The call did not run on: ${describe(later)}.${later.call === 'cancelled' ? ' This server takes a disconnect for a cancel.' : ''}`,
      };
    const last = await witness.until(({ call, handler }) => call !== 'running' && handler !== 'running');
    if (last?.call !== 'cancelled' || last.handler === 'running')
      return {
        exitCode: 1,
        summary: `The call ran on, and the explicit cancel did not stop it: ${describe(last)}.`,
      };
    const ran = `The call ran on after the connection was closed, from ${first?.ticks} to ${plural(last.ticks, 'tick')}, until the explicit cancel stopped it.`;
    return fetchMissed(session, exchange, id, ran);
  });
}

/** Comes back for what the closed connection did not bring. */
async function fetchMissed(session: RawSession, left: Exchange, id: number, ran: string): Promise<Outcome> {
  const { lastEventId } = left;
  if (lastEventId === undefined) {
    const why = session.streams ? 'gives its events no ids' : 'answers in JSON, without streams';
    return { exitCode: 3, summary: `${ran} What was missed cannot be fetched: this server ${why}.` };
  }
  const exchange = session.resume(lastEventId);
  const fate = await within(exchange.fate, ANSWER_MS);
  const status = (await within(exchange.head, ANSWER_MS).catch(() => undefined))?.statusCode;
  if (status !== 200)
    return {
      exitCode: 3,
      summary: `${ran} What was missed cannot be fetched: the server answered ${status ?? 'nothing'}.`,
    };
  if (!fate)
    return {
      exitCode: 1,
      summary: `${ran} Last-Event-ID brought ${count(exchange)}, and the stream was left open.`,
    };
  const { text, cancelled } = await endingOf(exchange, id, fate);
  return {
    exitCode: cancelled ? 0 : 1,
    summary: `${ran} Last-Event-ID brought ${count(exchange)}, and at the end: ${text}.`,
  };
}

const count = ({ messages }: Exchange) => `${plural(messages.length, 'message')} that had been missed`;

function describe(seen: Seen | undefined): string {
  return seen
    ? `the witness says "${oneLine(seen.call)}" after ${plural(seen.ticks, 'tick')}`
    : 'the witness is silent';
}

/** The tool that tells what the handler of a call really did. */
class Witness {
  readonly #session: RawSession;
  readonly #key: string;
  readonly #signal: AbortSignal | undefined;

  constructor(session: RawSession, key: string, signal: AbortSignal | undefined) {
    this.#session = session;
    this.#key = key;
    this.#signal = signal;
  }

  /** Undefined where there is no witness, or it does not know the call. */
  async look(): Promise<Seen | undefined> {
    const asked = this.#session.request('tools/call', { name: 'state', arguments: { key: this.#key } });
    const answer = await within(
      asked.exchange.until(({ id, result, error }) => id === asked.id && Boolean(result ?? error)),
      ANSWER_MS,
      this.#signal,
    );
    // The next exchange begins below this one on the screen.
    await within(asked.exchange.fate, ANSWER_MS, this.#signal);
    const seen = (answer?.result?.structuredContent ?? {}) as Partial<Seen>;
    return typeof seen.call === 'string' && typeof seen.ticks === 'number' ? (seen as Seen) : undefined;
  }

  /** The last that was seen; for this to hold, the witness is asked more than once. */
  async until(holds: (seen: Seen) => boolean): Promise<Seen | undefined> {
    let seen: Seen | undefined;
    for (let look = 1; look <= LOOKS; look++) {
      if (look > 1) await pause(LOOK_MS, this.#signal);
      seen = await this.look();
      if (!seen || holds(seen)) return seen;
    }
    return seen;
  }
}
