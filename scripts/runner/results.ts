import type { CaseRecord, Strict } from '../../collections/src/lib/record.ts';

/** One HTTP exchange of a case, as it went over the wire. Times are milliseconds since the case began. */
export interface ExchangeResult {
  /** What the case calls it, such as `call`, `cancel`, `witness`; several can share a name. `evidence`: the case's main request. */
  lane: string;
  request: {
    method: string;
    url: string;
    /** Those that the case chose, and what Newman adds to them that a server may look at. */
    headers: Record<string, string>;
    /** Null where there is none. */
    body: string | null;
  };
  sentMs: number;
  /** Null where none came. */
  response: {
    /** When its first byte arrived. */
    ms: number;
    status: number;
    statusText: string;
    headers: Record<string, string>;
    /** Null where it came as a stream of frames. */
    body: string | null;
  } | null;
  /** Each event or comment of an SSE stream, as text, when it arrived. */
  frames: Array<{ ms: number; text: string }>;
  /** How many frames in the middle of a very long stream are not among them. */
  framesLeftOut: number;
  endedMs: number;
  /** The runner hangs up what the target leaves open, the proxy what it was asked to; null where there was a failure. */
  endedBy: 'target' | 'proxy' | 'runner' | null;
  /** Such as `ECONNREFUSED`; null where there was none. */
  failure: string | null;
}

/** A case as `reports/results.json` holds it: the record, under the name `id`. */
export type CaseResult = { id: string } & Omit<CaseRecord, 'case' | 'began'> & {
    /** The folder of the collection that it stands in. */
    group: string;
    /** The zero of all its times, as ISO 8601. */
    startedAt: string;
    /** In the order in which they were sent. */
    exchanges: ExchangeResult[];
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

/** How a case is run again against the same target. */
export interface Again {
  /** What the run was started with, without its options. */
  command: string;
  /** The options of the run that say which target was tested and how; without secrets. */
  given: string[];
  /** What the run was narrowed by to some of the collections or revisions: without it, a command would run more. */
  narrowedBy: Array<'--collection' | '--revision'>;
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
    /** The tool whose calls were cancelled: another one may behave otherwise. Empty where each case has its own. */
    slowTool: string;
  };
  startedAt: string;
  durationMs: number;
  /** 0 good; 1 red; 2 wrong usage or configuration; 3 nothing could be established. */
  exitCode: 0 | 1 | 2 | 3;
  strict: Strict;
  maxLoopLagMs: number;
  /** How a single case of this run is run again. */
  again: Again;
  /** How many runs of Newman went on at the same time, at most. */
  atOnce: number;
  totals: Totals;
  /** What each case does and why, and what would be wrong, as Markdown, by its id. */
  about: Record<string, string>;
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
