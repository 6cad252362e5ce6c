import { randomUUID } from 'node:crypto';
import type { Progress } from '@modelcontextprotocol/sdk/types.js';
import { type CallEnd, describeEnd, isCancelled } from '../client/call-end.ts';
import type { Call } from '../client/session.ts';
import { duration } from '../report/text.ts';
import { SceneFailed, type Stage } from './stage.ts';

export const FILE = 'dataset.csv';

/** What the lesson calls fast, in milliseconds. */
const FAST_MS = 1000;

/** What the witness tells of a call. */
export interface State {
  call: string;
  handler: string;
  ticks: number;
  total: number;
  cancelled: number;
  finished: number;
  cleaned_up: boolean;
  /** From the arrival of the cancel to the end of the handler, in milliseconds. */
  cancel_ms: number | null;
}

/** A call of the lesson's tool, and the witness of it. */
export class Task {
  readonly call: Call;
  readonly #stage: Stage;
  readonly #key: string;
  readonly #progress: Progress[];

  private constructor(stage: Stage, key: string, call: Call, progress: Progress[]) {
    this.#stage = stage;
    this.#key = key;
    this.call = call;
    this.#progress = progress;
  }

  /**
   * Starts a call.
   * @param ticks how many steps it takes
   * @param tickMs from step to step, in milliseconds
   */
  static async start(stage: Stage, ticks: number, tickMs: number): Promise<Task> {
    const key = randomUUID();
    const progress: Progress[] = [];
    const args = { filename: FILE, processing_time: ticks, tick_ms: tickMs, key };
    const call = await stage.session.start('process_large_file', args, (one) => progress.push(one));
    return new Task(stage, key, call, progress);
  }

  /**
   * Waits for a step of the call: by its progress notification, or by the witness where the server answers in JSON and
   * can send none.
   * @throws SceneFailed where the call ends without it
   */
  async tick(wanted: number): Promise<{ progress: number; total: number }> {
    let over: CallEnd | undefined;
    this.call.end.then((end) => {
      over = end;
    });
    return this.#stage.eventually(`step ${wanted} of the call`, async () => {
      const { streams } = this.#stage.session;
      const found = streams
        ? this.#progress.find(({ progress }) => progress >= wanted)
        : await this.state().then(({ ticks, total }) =>
            ticks >= wanted ? { progress: ticks, total } : undefined,
          );
      if (found) return { progress: found.progress, total: found.total ?? 0 };
      if (over) throw new SceneFailed(`the call ended before step ${wanted}: ${describeEnd(over)}`);
      return undefined;
    });
  }

  /** The end of the call. */
  end(): Promise<CallEnd> {
    return this.#stage.soon('the end of the call', this.call.end);
  }

  /**
   * What the witness says now.
   * @throws SceneFailed where it says nothing
   */
  async state(): Promise<State> {
    const end = await this.#stage.session.ask('state', { key: this.#key });
    if (end.kind === 'result' && end.result.structuredContent)
      return end.result.structuredContent as unknown as State;
    throw new SceneFailed(`the witness tells nothing: ${describeEnd(end)}`);
  }

  /** @returns the HTTP status that the cancel got */
  cancel(): Promise<number | undefined> {
    return this.#stage.session.cancel(this.call, 'the demo cancels it');
  }

  /**
   * Cancels the call while it runs, and checks that it was stopped: fast, and known as cancelled.
   * @throws SceneFailed where it was not
   */
  async stop(): Promise<{ end: CallEnd; state: State }> {
    const before = await this.state();
    const sent = performance.now();
    const ended = this.end().then((end) => ({ end, ms: performance.now() - sent }));
    const [status, { end, ms }] = await Promise.all([this.cancel(), ended]);
    const state = await this.#stage.eventually('the end of the handler', async () => {
      const seen = await this.state();
      return seen.handler === 'ended' ? seen : undefined;
    });
    const slowest = Math.max(ms, state.cancel_ms ?? 0);
    this.#stage.check('fast', status === 202, `the cancel was answered ${status}`);
    this.#stage.check('fast', slowest <= FAST_MS, `only after ${duration(slowest)}`);
    const right = before.call === 'running' && state.call === 'cancelled' && isCancelled(end);
    const counted = state.cancelled === 1 && state.finished === 0;
    this.#stage.check('status', right && counted, `${before.call}, then ${state.call}: ${describeEnd(end)}`);
    this.#stage.kept('fast', duration(slowest));
    this.#stage.kept('status', 'running, then cancelled');
    return { end, state };
  }
}
