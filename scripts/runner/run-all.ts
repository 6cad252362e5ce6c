import pLimit from 'p-limit';
import type { CaseRecord } from '../../collections/src/lib/record.ts';
import { type EnvironmentJson, setValue } from './environment.ts';
import { AT_ONCE, type PlannedRun } from './jobs.ts';
import { type MergedOutcome, mergeParts } from './merge.ts';
import { runCollection } from './run.ts';

/** Told what a job does; each job has a watcher of its own, as several go on at once. */
export interface JobWatcher {
  started(title: string): void;
  ended(record: CaseRecord, ms: number): void;
}

export interface RunAllOptions {
  /** For all runs together. */
  timeoutMs: number;
  signal?: AbortSignal;
  watch(revision: string): JobWatcher;
}

/** Runs the parts of all runs, a few at a time, and puts together what belongs together. Never rejects. */
export async function runAll(
  runs: PlannedRun[],
  environment: EnvironmentJson,
  { timeoutMs, signal, watch }: RunAllOptions,
): Promise<MergedOutcome[]> {
  const since = Date.now();
  const limit = pLimit(AT_ONCE);
  const jobs = runs
    .flatMap((run) => run.parts.map((part) => ({ run, part })))
    // A long one that began last would be waited for alone.
    .sort((a, b) => b.part.expected.length - a.part.expected.length)
    .map(({ run, part }) => {
      const outcome = limit(() => {
        const watcher = watch(run.revision);
        return runCollection(part, inRevision(environment, run.revision), {
          timeoutMs,
          since,
          ...(signal ? { signal } : {}),
          onStart: watcher.started,
          onCase: watcher.ended,
        });
      });
      return { run, outcome };
    });
  return Promise.all(
    runs.map(async (run) => {
      const own = jobs.filter((job) => job.run === run).map((job) => job.outcome);
      return mergeParts(run.planned, run.revision, await Promise.all(own));
    }),
  );
}

function inRevision(environment: EnvironmentJson, revision: string): EnvironmentJson {
  const own = structuredClone(environment);
  setValue(own, 'protocolVersion', revision);
  return own;
}
