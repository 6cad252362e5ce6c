/** A call as its tool sees it: what it says goes to its outlet, and what it asked to have cleaned up is cleaned up. */

import { performance } from 'node:perf_hooks';
import type { CallId, CallRecord, ToolCall } from './tool.ts';

/** Where a call's messages go. */
export interface Outlet {
  /** To the client. Only called while the call is running. */
  progress(progress: number, total?: number, message?: string): void;
  /** To the client. Only called while the call is running. */
  log: ToolCall['log'];
  /** To the server's own log, at any time. */
  serverLog(level: Parameters<ToolCall['log']>[0], text: string, error?: unknown): void;
}

export class Call implements ToolCall {
  readonly record: CallRecord;
  readonly #outlet: Outlet;
  readonly #controller = new AbortController();
  readonly #cleanups: (() => unknown)[] = [];
  #progress = Number.NEGATIVE_INFINITY;
  #cancelledAt: number | undefined;

  constructor(id: CallId, tool: string, outlet: Outlet) {
    this.#outlet = outlet;
    this.record = {
      id,
      tool,
      call: 'running',
      handler: 'running',
      cause: null,
      reason: null,
      startedAt: Date.now(),
      endedAt: null,
      cancelMs: null,
    };
  }

  get id(): CallId {
    return this.record.id;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get cancelled(): boolean {
    return this.#controller.signal.aborted;
  }

  progress(progress: number, total?: number, message?: string): void {
    if (this.record.call !== 'running' || !(progress > this.#progress)) return;
    this.#progress = progress;
    this.#outlet.progress(progress, total, message);
  }

  log(level: Parameters<ToolCall['log']>[0], text: string): void {
    if (this.record.call === 'running') this.#outlet.log(level, text);
    else this.#outlet.serverLog(level, text);
  }

  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  abort(error: Error): void {
    this.#cancelledAt = performance.now();
    this.#controller.abort(error);
  }

  async end(): Promise<void> {
    for (let cleanup = this.#cleanups.pop(); cleanup; cleanup = this.#cleanups.pop()) {
      try {
        await cleanup();
      } catch (error) {
        this.#outlet.serverLog('error', 'a cleanup failed', error);
      }
    }
    this.record.handler = 'ended';
    this.record.endedAt = Date.now();
    if (this.#cancelledAt !== undefined) this.record.cancelMs = round(performance.now() - this.#cancelledAt);
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
