import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClock } from './clock.ts';
import type { Exchange, Reply } from './exchange.ts';
import { stopOutcome } from './outcome.ts';
import type { ClearTimer, SetTimer } from './sandbox.ts';
import type { Call, Script, Session } from './session.ts';
import type { Settings } from './settings.ts';
import { cancelAndWatch } from './watch.ts';

const settings = {
  ...{ maxCancelMs: 50, settleMs: 100, quietMs: 20, hangUpUrl: '' },
  tools: { state: '' },
} as Settings;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Told {
  /** When progress of the call came, in milliseconds since its cancel. */
  progress?: number[];
  token?: string;
  /** When its result came; none where its stream is left open. */
  result?: number;
}

/** What is concluded of a call without a witness, whose stream ends with its session where nothing else ends it. */
async function concluded({ progress = [], token = 'key', result }: Told) {
  const clock = createClock(
    setTimeout as unknown as SetTimer,
    clearTimeout as unknown as ClearTimer,
    Date.now(),
  );
  const began = Date.now();
  let end = (_reply: Reply) => {};
  const exchange: Exchange = {
    ...{ lane: 'call', sentMs: 0, endedMs: null, reply: null },
    ended: new Promise((resolve) => {
      end = resolve;
    }),
  };
  const finish = () => {
    const messages = result === undefined ? [] : [{ jsonrpc: '2.0' as const, id: 7, result: {} }];
    const events = progress.map((ms) => {
      const params = { progressToken: token, progress: 1 };
      return {
        event: 'message',
        data: JSON.stringify({ method: 'notifications/progress', params }),
        at: began + ms,
      };
    });
    exchange.reply = {
      ...{ status: 200, contentType: 'text/event-stream', sessionId: '', body: '' },
      ...{ events, messages, failure: null, hungUp: null },
    };
    exchange.endedMs = clock.now();
    end(exchange.reply);
  };
  if (result !== undefined) setTimeout(finish, result);
  const session = { ping: async () => true, end: async () => finish(), cancel: () => accepted };
  const script = { clock, settings } as unknown as Script;
  const call: Call = { id: 7, key: 'key', expectedMs: 10_000, exchange };
  const watching = cancelAndWatch(script, session as unknown as Session, call);
  await vi.runAllTimersAsync();
  const { cancelled, release } = await watching;
  const released = release?.();
  await vi.runAllTimersAsync();
  await released;
  return { ...stopOutcome(settings, cancelled), evidence: cancelled.evidence };
}

const accepted: Exchange = {
  ...{ lane: 'cancel', sentMs: 0, endedMs: 0, reply: null },
  ended: Promise.resolve({
    ...{ status: 202, contentType: '', sessionId: '', body: '' },
    ...{ events: [], messages: [], failure: null, hungUp: null },
  }),
};

describe('a handler without a witness', () => {
  it.each([
    ['that reports progress until it is given up on has not stopped', { progress: [-20, 30, 60, 95] }],
    ['whose result comes late has not stopped', { result: 80 }],
  ])('%s', async (_what, told) => expect((await concluded(told)).kept).toBe(false));

  it.each([
    ['falls silent soon', { progress: [-20, 10] }, 'inferred'],
    ['falls silent in the end', { progress: [-20, 30, 70] }, 'none'],
    ['reported nothing', {}, 'none'],
    ['is heard of when its stream ends', { progress: [5000, 5001] }, 'none'],
    ['is heard of all at once', { progress: [94, 95, 95] }, 'none'],
    ['is heard of all at once but for what came before', { progress: [-20, 94, 95] }, 'inferred'],
    ['is drowned by the progress of others', { progress: [-20, 30, 60, 95], token: 'other' }, 'none'],
    ['answers the cancel with a result', { result: 10 }, 'none'],
  ])('may have stopped where it %s', async (_what, told, evidence) =>
    expect(await concluded(told)).toMatchObject({ kept: undefined, evidence }),
  );
});
