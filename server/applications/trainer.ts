/** The threads in which models are trained. A thread is there for one training, and is ended to cancel it. */

import { once } from 'node:events';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';

/** How many trainings at a time: each keeps a core busy. */
export const THREADS = 2;

export interface Task {
  epochs: number;
  samples: number;
}

export interface Model {
  loss: number;
  accuracy: number;
}

export interface Progress {
  epoch: number;
  loss: number;
}

/** One training, as it can be watched from outside its thread. */
export class Training {
  /** Rejects as soon as it is cancelled, which is before its thread has exited. */
  readonly model: Promise<Model>;
  readonly #ear: MessagePort;
  readonly #earClosed: Promise<unknown>;
  #worker: Worker | undefined;
  #exitCode: number | undefined;

  constructor(pool: Piscina, task: Task, signal: AbortSignal, tell: (progress: Progress) => void) {
    const { port1: ear, port2: port } = new MessageChannel();
    this.#ear = ear;
    this.#earClosed = once(ear, 'close');
    ear.on('message', (told: Progress | { threadId: number }) => {
      if ('epoch' in told) return tell(told);
      this.#worker = pool.threads.find(({ threadId }) => threadId === told.threadId);
      this.#worker?.once('exit', (code) => {
        this.#exitCode = code;
      });
    });
    // Never taken along by a thread, if the training is cancelled before one is there.
    const unused = () => port.close();
    this.model = pool.run({ ...task, port }, { signal, transferList: [port] }).finally(unused);
    this.model.catch(() => {});
  }

  /** Whether its thread is there. */
  get runs(): boolean {
    return this.#worker !== undefined && this.#exitCode === undefined;
  }

  /** Resolves when its thread has exited, and tells how. */
  async exited(): Promise<string> {
    if (!this.#worker) {
      // Its end of the channel is closed with the thread, or with us, if no thread ever had it.
      await this.#earClosed;
      return 'ended before its thread had begun';
    }
    if (this.#exitCode === undefined) await once(this.#worker, 'exit');
    return `the thread exited with code ${this.#exitCode}`;
  }

  /** Stops listening. */
  close(): void {
    this.#ear.close();
  }
}

export class Trainer {
  readonly #pool = new Piscina({
    filename: new URL('./train-worker.mjs', import.meta.url).href,
    minThreads: 0,
    maxThreads: THREADS,
    maxQueue: THREADS,
    idleTimeout: 0,
    resourceLimits: { maxOldGenerationSizeMb: 64 },
    // Not those of the server: what it loads to read TypeScript is nothing to a thread.
    execArgv: [],
  });

  /**
   * Trains a model in a thread.
   *
   * @param signal ends the thread, wherever it is in its loop
   * @param tell told of an epoch ten times a second
   */
  train(task: Task, signal: AbortSignal, tell: (progress: Progress) => void): Training {
    return new Training(this.#pool, task, signal, tell);
  }

  /** Ends every thread. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
