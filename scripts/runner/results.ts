import type { CaseRecord, Strict } from '../../collections/src/lib/record.ts';

/** A case as `reports/results.json` holds it: the record, under the name `id`. */
export type CaseResult = { id: string } & Omit<CaseRecord, 'case'> & {
    /** The reason that the known failures give for it; it is then not red, unless its verdict is `error`. */
    known?: string;
  };

/** An entry of the known failures that covers nothing in this run, and why. */
export interface UnusedEntry {
  /** As it was named on the command line. */
  file: string;
  line: number;
  /** The entry as it stands in the file. */
  entry: string;
  why: string;
}

/** An entry of the known failures that is not true, or no longer: it turns the run red. */
export interface StaleEntry extends UnusedEntry {
  /** What to do with the line. */
  todo: string;
  /** Lines that say in its place what this run does not contradict. */
  replaceBy: string[];
}

/** One `newman.run`: a collection in one revision. */
export interface RunResult {
  collection: string;
  revision: string;
  /** True where the event loop was too busy for the timings to be trusted. */
  lag: boolean;
  durationMs: number;
  /** Milliseconds in which its cases had to wait by their nature; they wait side by side, so it can be more than `durationMs`. */
  waitMs: number;
  cases: CaseResult[];
}

export interface Totals {
  cases: number;
  checks: number;
  /** Postman assertions; skipped ones are counted. */
  assertions: number;
  red: number;
  /** Known failures: not red, and counted under their verdict too. */
  known: number;
  pass: number;
  fail: number;
  warn: number;
  note: number;
  notObserved: number;
  notApplicable: number;
  error: number;
}

/** `reports/results.json`, the contract other tools read. */
export interface Results {
  suite: { name: string; version: string };
  target: {
    url: string;
    /** What it calls itself. */
    server: { name: string; version: string } | null;
    /** The tool whose calls were cancelled: another one may behave otherwise. */
    slowTool: string;
  };
  startedAt: string;
  durationMs: number;
  /** 0 good; 1 red; 2 wrong usage or configuration; 3 nothing could be established. */
  exitCode: 0 | 1 | 2 | 3;
  strict: Strict;
  maxLoopLagMs: number;
  /** How many runs of Newman went on at the same time, at most. */
  atOnce: number;
  totals: Totals;
  /** What the target lacks, and what that means for the run, one line each. */
  notices: string[];
  /** Why nothing could be established, or what befell the target, one line each; empty where the verdict stands. */
  problems: string[];
  /** Entries of the known failures that turn the run red; empty where no file of them was named. */
  stale: StaleEntry[];
  /** Entries of the known failures whose cases were run, and could not be judged. */
  unused: UnusedEntry[];
  runs: RunResult[];
}
