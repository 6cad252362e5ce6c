/**
 * The calls in flight of one session: start, cancel, settle.
 *
 * A call is settled exactly once, by whoever comes first: its handler or a cancel. A cancel answers the caller
 * at once; the handler learns of it through its signal and is followed until it has really ended.
 * Nothing here knows of HTTP, of MCP's messages, or of other sessions.
 */

import { LRUCache } from 'lru-cache';
import { Telemetry } from './telemetry.ts';
import { Call, type Outlet } from './tools/call.ts';
import type { CallId, CallRecord, CancelCause, Outcome, ToolCall } from './tools/tool.ts';

/** JSON-RPC error code of a cancelled call: RequestCancelled of the Language Server Protocol, as MCP names none. */
export const REQUEST_CANCELLED = -32800;

/** How many ids of settled calls a session remembers, only to tell a late cancel from an unknown one. */
const MAX_RECENT = 100;

/** A reason may be as long as a request's body. The answer repeats it whole; what is kept is cut to this many characters. */
const MAX_KEPT_REASON = 2000;

/**
 * What a cancelled call rejects with, and what its signal throws. `code` and `data` are what the SDK puts into
 * the JSON-RPC error; the name is the one by which any aborted operation in Node.js is known.
 */
export class CallCancelled extends Error {
  readonly code = REQUEST_CANCELLED;
  readonly data: { reason: string | null };

  constructor(reason: string | null) {
    super('Request cancelled');
    this.name = 'AbortError';
    this.data = { reason };
  }
}

/** What became of a cancel. `duplicate`: that call was cancelled before. `late`: it had ended by itself. */
export type CancelResult = 'cancelled' | 'unknown' | 'late' | 'duplicate';

/** The registry. One for each session: an id means something only within its session. */
export class Calls {
  readonly #inFlight = new Map<CallId, { call: Call; reject: (error: unknown) => void }>();
  readonly #handlers = new Set<Promise<void>>();
  readonly #recent = new LRUCache<CallId, Outcome>({ max: MAX_RECENT });
  readonly #telemetry: Telemetry;

  /** @param telemetry told of every call as it starts, is settled, and ends */
  constructor(telemetry = new Telemetry()) {
    this.#telemetry = telemetry;
  }

  /** How many calls are not yet answered. */
  get size(): number {
    return this.#inFlight.size;
  }

  /** What is known of them, oldest first. */
  get records(): Readonly<CallRecord>[] {
    return [...this.#inFlight.values()].map(({ call }) => call.record);
  }

  /** Whether a call with exactly this id, JSON type included, is not yet answered. */
  has(id: unknown): boolean {
    return this.#inFlight.has(id as CallId);
  }

  /**
   * Starts a call. The id must not be in flight.
   *
   * @param handler does the work; its cleanups are part of it
   * @returns what the handler returns or throws
   * @throws CallCancelled as soon as the call is cancelled, whatever the handler is doing
   */
  start<Result extends { isError?: boolean | undefined }>(
    id: CallId,
    tool: string,
    outlet: Outlet,
    handler: (call: ToolCall) => Promise<Result>,
  ): Promise<Result> {
    if (this.#inFlight.has(id)) throw new Error(`A call with the id ${JSON.stringify(id)} is in flight`);
    return new Promise((resolve, reject) => {
      const call = new Call(id, tool, outlet);
      this.#inFlight.set(id, { call, reject });
      this.#recent.delete(id);
      this.#telemetry.emit('callStarted', call.record);
      const work = async () => {
        let settle: () => void;
        try {
          const result = await handler(call);
          settle = () => this.#settle(call, result.isError ? 'failed' : 'completed') && resolve(result);
        } catch (error) {
          settle = () => this.#settle(call, 'failed') && reject(error);
        }
        await call.end();
        this.#telemetry.emit('handlerEnded', call.record);
        settle();
      };
      const done: Promise<void> = work().finally(() => this.#handlers.delete(done));
      this.#handlers.add(done);
    });
  }

  /**
   * Cancels the call with exactly this id, and no other.
   *
   * @param reason free text of the canceller, null if it gave none
   * @param answer what the call rejects with, if not with CallCancelled
   * @param cause who cancels it
   */
  cancel(id: CallId, reason: string | null, answer?: Error, cause: CancelCause = 'client'): CancelResult {
    const found = this.#inFlight.get(id);
    if (!found) {
      const outcome = this.#recent.get(id);
      if (outcome === undefined) return 'unknown';
      return outcome === 'cancelled' ? 'duplicate' : 'late';
    }
    const { call, reject } = found;
    call.record.cause = cause;
    call.record.reason = reason?.slice(0, MAX_KEPT_REASON) ?? null;
    this.#settle(call, 'cancelled');
    const error = new CallCancelled(reason);
    // The answer first: listeners of the signal run inside abort(), and may take their time.
    reject(answer ?? error);
    call.abort(error);
    return 'cancelled';
  }

  /** Cancels every call in flight. */
  cancelAll(reason: string, cause: CancelCause = 'client'): void {
    for (const id of [...this.#inFlight.keys()]) this.cancel(id, reason, undefined, cause);
  }

  /** Resolves when every handler that runs now has ended, those of settled calls included. */
  async idle(): Promise<void> {
    await Promise.all(this.#handlers);
  }

  /** False if the call was settled before: then its result goes nowhere. */
  #settle(call: Call, outcome: Outcome): boolean {
    if (call.record.call !== 'running') return false;
    call.record.call = outcome;
    this.#inFlight.delete(call.id);
    this.#recent.set(call.id, outcome);
    this.#telemetry.emit('callSettled', call.record);
    return true;
  }
}
