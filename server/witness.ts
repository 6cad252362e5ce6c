/**
 * The witness: tells, on a channel of its own, what the handler of a call really did.
 *
 * It only holds what others write. The handler's own code counts its ticks and how it ended; the registry of
 * calls tells how the call was answered. Neither can speak for the other.
 */

import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { CallRecord } from './tools/tool.ts';

/** How many keys are kept; the one that was not used for the longest time goes first, running or not. */
export const MAX_KEYS = 4000;

/** What a handler writes about itself, and nobody else does. */
export interface Testimony {
  ticks: number;
  readonly total: number;
  /** How often the handler noticed that it was cancelled. */
  cancelled: number;
  /** How often it did all of its work. */
  finished: number;
  /** Set when its cleanup succeeded. */
  cleaned_up: boolean;
}

export const State = z.object({
  call: z
    .enum(['running', 'completed', 'cancelled', 'failed'])
    .describe('how the call was answered, if it was'),
  handler: z
    .enum(['running', 'ended'])
    .describe('whether the code of the tool still runs, cleanups included'),
  ticks: z.int().nonnegative().describe('steps the handler has done'),
  total: z.int().nonnegative().describe('steps it was asked for'),
  cancelled: z.int().nonnegative().describe('how often the handler noticed that it was cancelled'),
  finished: z.int().nonnegative().describe('how often the handler did all of its work'),
  cleaned_up: z.boolean().describe('whether its cleanup succeeded'),
  reason: z.string().nullable().describe('why it was cancelled, as the canceller put it'),
  cancel_ms: z
    .number()
    .nullable()
    .describe('milliseconds from the arrival of the cancel to the end of the handler; null before that'),
  started_at: z.string().describe('ISO 8601'),
  ended_at: z.string().nullable().describe('when the handler ended, ISO 8601'),
});

/** What `state(key)` answers. */
export type State = z.infer<typeof State>;

/** Shared by all sessions of a server, so that one session can look at the calls of another. */
export class Witness {
  readonly #seen = new LRUCache<string, { record: Readonly<CallRecord>; testimony: Testimony }>({
    max: MAX_KEYS,
  });

  /**
   * Begins to witness a call.
   *
   * @param key by which it can be asked for; a key that is used again tells of the latest call only.
   *   Without a key the testimony is kept nowhere
   * @param total how many ticks the handler was asked for
   * @returns what the handler writes on
   */
  open(key: string | undefined, record: Readonly<CallRecord>, total: number): Testimony {
    const testimony: Testimony = { ticks: 0, total, cancelled: 0, finished: 0, cleaned_up: false };
    if (key !== undefined) this.#seen.set(key, { record, testimony });
    return testimony;
  }

  /** What is known by that key; undefined if it was never used or is no longer kept. */
  read(key: string): State | undefined {
    const entry = this.#seen.get(key);
    if (!entry) return undefined;
    const { record, testimony } = entry;
    return {
      call: record.call,
      handler: record.handler,
      ...testimony,
      reason: record.reason,
      cancel_ms: record.cancelMs,
      started_at: new Date(record.startedAt).toISOString(),
      ended_at: record.endedAt === null ? null : new Date(record.endedAt).toISOString(),
    };
  }
}
