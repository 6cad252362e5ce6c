/** On which HTTP exchange the answer of a call goes out, to tell how long after its cancel that exchange has ended. */

import { performance } from 'node:perf_hooks';
import type { Telemetry } from './telemetry.ts';
import type { CallId, CallRecord } from './tools/tool.ts';

interface Cancelled {
  call: Readonly<CallRecord>;
  /** As `performance.now()`. */
  at: number;
}

/** One for each session. */
export class CancelledExchanges {
  /** What was cancelled of an exchange, by the ids of all requests that came with it. */
  readonly #open = new Map<CallId, Cancelled[]>();
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
    telemetry.on('callSettled', (call) => {
      if (call.call === 'cancelled') this.#open.get(call.id)?.push({ call, at: performance.now() });
    });
  }

  /** How many requests are on an exchange that is open. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * @param ids of the requests that came in one POST
   * @returns to be called when the response has ended, or its client has gone; what is cancelled later is on no exchange
   */
  begin(ids: readonly CallId[]): () => void {
    const cancelled: Cancelled[] = [];
    for (const id of ids) this.#open.set(id, cancelled);
    return () => {
      // An id is free again as soon as its call is settled, which in a batch is before the end.
      for (const id of ids) if (this.#open.get(id) === cancelled) this.#open.delete(id);
      const now = performance.now();
      for (const { call, at } of cancelled) this.#telemetry.emit('exchangeEnded', call, now - at);
    };
  }
}
