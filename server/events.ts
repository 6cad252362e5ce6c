/**
 * What was sent on a session's streams, for a client that comes back with Last-Event-ID. Bounded: the oldest
 * events go first, and a client that comes back for them is told that they are gone.
 *
 * One store for each session, so that no event id means anything elsewhere.
 */

import { randomBytes } from 'node:crypto';
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { LRUCache } from 'lru-cache';
import { isMuted } from './mute.ts';
import type { CallId } from './tools/tool.ts';

interface Kept {
  stream: string;
  /** Undefined for an answer that is not to be sent. */
  message: JSONRPCMessage | undefined;
  /** Whether the stream ended with it. */
  last: boolean;
}

export class Events implements EventStore {
  readonly #kept: LRUCache<string, Kept>;
  /** Part of every id, so that no other session can guess one. */
  readonly #secret = randomBytes(12).toString('base64url');
  /** Unanswered requests, each with those that came with it and share its stream. */
  readonly #unanswered = new Map<CallId, Set<CallId>>();
  #count = 0;

  constructor({ maxEvents, maxEventBytes }: { maxEvents: number; maxEventBytes: number }) {
    this.#kept = new LRUCache({ max: maxEvents, maxSize: maxEventBytes });
  }

  /** How many events are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** How many bytes they take. */
  get bytes(): number {
    return this.#kept.calculatedSize;
  }

  /** How many requests have not been answered on a stream. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Requests that came in one POST: the answer to the last of them ends their stream. */
  expect(ids: readonly CallId[]): void {
    const together = new Set(ids);
    for (const id of ids) this.#unanswered.set(id, together);
  }

  /** They were refused, or answered as JSON: no stream will bring their answers. */
  forget(ids: readonly CallId[]): void {
    for (const id of ids) this.#unanswered.delete(id);
  }

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    const id = `${this.#secret}.${stream}.${++this.#count}`;
    const muted = isMuted(message);
    const size = id.length + (muted ? 0 : Buffer.byteLength(JSON.stringify(message)));
    // Too large to be kept: whoever comes back must not be told that nothing was missed.
    if (size > this.#kept.maxSize) this.#kept.clear();
    this.#kept.set(
      id,
      { stream, message: muted ? undefined : message, last: this.#isLast(message) },
      { size },
    );
    return id;
  }

  /** Undefined for an id of another session, one that was never given, or one that is no longer kept. */
  async getStreamIdForEventId(id: string): Promise<string | undefined> {
    return this.#kept.peek(id)?.stream;
  }

  /** Called by the SDK, to go on with a stream that has not ended. */
  async replayEventsAfter(
    id: string,
    { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    for (const [each, { message }] of this.#after(id)) if (message) await send(each, message);
    return this.#kept.peek(id)?.stream ?? '';
  }

  /** What was sent after this event on a stream that has ended, as it was sent; undefined if it has not ended. */
  remainder(id: string): string | undefined {
    const events = this.#after(id);
    if (!(events.at(-1)?.[1] ?? this.#kept.peek(id))?.last) return undefined;
    const frame = ([each, { message }]: [string, Kept]) =>
      message ? `event: message\nid: ${each}\ndata: ${JSON.stringify(message)}\n\n` : '';
    return events.map(frame).join('');
  }

  /** The events of the same stream that came later. Looking never reorders the cache: its order is that of storing. */
  #after(id: string): [string, Kept][] {
    const stream = this.#kept.peek(id)?.stream;
    const events: [string, Kept][] = [];
    for (const each of this.#kept.rkeys()) {
      const kept = this.#kept.peek(each);
      if (each === id) events.length = 0;
      else if (kept && kept.stream === stream) events.push([each, kept]);
    }
    return events;
  }

  #isLast(message: JSONRPCMessage): boolean {
    if (!('result' in message || 'error' in message) || message.id === undefined) return false;
    const together = this.#unanswered.get(message.id);
    together?.delete(message.id);
    this.#unanswered.delete(message.id);
    return together?.size === 0;
  }
}
