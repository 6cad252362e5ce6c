import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import type { Fault } from '../../server/broken/fault.ts';
import { AT_ONCE } from '../runner/jobs.ts';
import type { Judged, Place, Which } from './judge.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

const PROCESSES = Math.min(3, availableParallelism());

export interface Question {
  id: number;
  which: Which;
  fault: string;
  place: Place;
}

export interface Answer {
  id: number;
  judged: Judged;
}

/** Processes that judge servers, as one process has one core: both the servers and Newman run in them. */
export function startWorkers() {
  const workers = Array.from({ length: PROCESSES }, startWorker);
  const limit = pLimit(AT_ONCE);
  return {
    judge: (which: Which, { name: fault }: Fault, { collection, folder }: Place): Promise<Judged> =>
      limit(() => {
        const idlest = workers.reduce((one, other) => (other.busy < one.busy ? other : one));
        return idlest.ask({ which, fault, place: { collection, folder } });
      }),
    /** Resolves when they have closed what they started. */
    async stop(): Promise<void> {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

function startWorker() {
  const child: ChildProcess = fork(WORKER, { execArgv: ['--import', 'tsx'] });
  const waiting = new Map<number, (judged: Judged) => void>();
  let count = 0;
  child.on('message', ({ id, judged }: Answer) => {
    waiting.get(id)?.(judged);
    waiting.delete(id);
  });
  const ended = once(child, 'exit');
  return {
    /** How many servers it judges now. */
    get busy() {
      return waiting.size;
    },
    ask(question: Omit<Question, 'id'>): Promise<Judged> {
      const id = ++count;
      child.send({ id, ...question } satisfies Question);
      const judged = new Promise<Judged>((resolve) => waiting.set(id, resolve));
      const died = ended.then(([code]): never => {
        throw new Error(`a process that judged ${question.fault} ended with ${code}`);
      });
      return Promise.race([judged, died]);
    },
    async stop(): Promise<void> {
      child.disconnect();
      await ended;
    },
  };
}
