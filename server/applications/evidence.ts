/**
 * What the resources tell of the work that calls gave them: a query's connection, a thread, an upstream, a file.
 *
 * The witness holds what handlers wrote. Here a resource is asked, at the time of asking, and nothing follows from
 * a cancel but the moment from which `stop_ms` counts.
 */

import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { ToolCall } from '../tools/tool.ts';
import { MAX_KEYS } from '../witness.ts';

export const Finding = z.object({
  tool: z.string(),
  resource: z.string().describe('what was asked'),
  work: z.enum(['running', 'stopped', 'finished', 'failed']).describe('what the resource did with the work'),
  told: z.string().describe('what the resource said of it'),
  stop_ms: z
    .number()
    .nullable()
    .describe('milliseconds from the cancel to the moment the resource had stopped; null if it has not'),
  left: z
    .int()
    .describe('connections, threads, channels and files still held for the call, and items in flight'),
  facts: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
});

/** What `inspect(key)` answers. */
export type Finding = z.infer<typeof Finding>;

/** What a resource tells when it is asked. */
export type Told = Pick<Finding, 'left' | 'facts'> & { told?: string };

/** The work of one call. Only what comes from the resource itself may change it. */
export class Work {
  readonly tool: string;
  readonly resource: string;
  /** What the resource said last of its own accord. */
  told = 'has begun';
  #state: Finding['work'] = 'running';
  readonly #ask: () => Told | Promise<Told>;
  #abortedAt: number | undefined;
  #stoppedAt: number | undefined;

  constructor(tool: string, resource: string, { signal }: ToolCall, ask: () => Told | Promise<Told>) {
    this.tool = tool;
    this.resource = resource;
    this.#ask = ask;
    const aborted = () => {
      this.#abortedAt = performance.now();
    };
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  }

  /** The resource has told that it is no longer at work. Only the first time counts. */
  end(state: Exclude<Finding['work'], 'running'>, told: string): void {
    if (this.#state !== 'running') return;
    this.#state = state;
    this.told = told;
    this.#stoppedAt = performance.now();
  }

  async inspect(): Promise<Finding> {
    const { left, facts, told = this.told } = await this.#ask();
    const { tool, resource } = this;
    return { tool, resource, work: this.#state, told, stop_ms: this.#stopMs(), left, facts };
  }

  #stopMs(): number | null {
    if (this.#abortedAt === undefined || this.#stoppedAt === undefined) return null;
    const ms = this.#stoppedAt - this.#abortedAt;
    return ms < 0 ? null : Math.round(ms * 100) / 100;
  }
}

/** What can be asked of all calls that were given a key. Shared by all sessions, like the witness. */
export class Evidence {
  readonly #inspections = new LRUCache<string, () => Promise<Finding>>({ max: MAX_KEYS });

  /**
   * Begins to follow the work of a call.
   *
   * @param key by which it can be asked for; a key that is used again tells of the latest call only
   * @param resource what will be asked, in words
   * @param ask asks it, whenever somebody inspects the call
   */
  open(
    key: string | undefined,
    call: ToolCall,
    tool: string,
    resource: string,
    ask: () => Told | Promise<Told>,
  ): Work {
    const work = new Work(tool, resource, call, ask);
    this.put(key, () => work.inspect());
    return work;
  }

  /** The same for work that is made of other work. */
  put(key: string | undefined, inspect: () => Promise<Finding>): void {
    if (key !== undefined) this.#inspections.set(key, inspect);
  }

  /** Forgets what a key told of before. */
  forget(key: string | undefined): void {
    if (key !== undefined) this.#inspections.delete(key);
  }

  /** Asks the resource; undefined if the key was never used or is no longer kept. */
  inspect(key: string): Promise<Finding> | undefined {
    return this.#inspections.get(key)?.();
  }
}
