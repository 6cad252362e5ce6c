import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../client/session.ts';
import { pause, within } from '../client/within.ts';

/** How long a classroom has for a line and its explanation, in milliseconds. */
const PAUSE_MS = 2500;

/** How long to wait for what should come soon, in milliseconds, and how often to look. */
const SOON_MS = 5000;
const LOOK_MS = 20;

/** What the lesson promises of cancellation. */
const PROMISES = {
  fast: 'Stopped within 1 s',
  clean: 'Cleaned up',
  race: 'Races harmless',
  status: 'Status right',
} as const;
export type Promised = keyof typeof PROMISES;

/** A scene cannot go on: something is not as it says. */
export class SceneFailed extends Error {}

/** What a scene was seen to keep, or not to keep. */
export interface Finding {
  promised: Promised;
  holds: boolean;
  evidence: string;
}

/** Where one scene is played: what it uses, what it says, and what it found. */
export class Stage {
  readonly findings: Finding[] = [];
  readonly session: Session;
  /** The data folder of the server, where it is one of our own. */
  readonly dataDir: string | undefined;
  /** Whether there are pauses, in which calls run on. */
  readonly slow: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #print: (line: string) => void;

  constructor(around: {
    session: Session;
    dataDir: string | undefined;
    slow: boolean;
    signal: AbortSignal | undefined;
    print: (line: string) => void;
  }) {
    this.session = around.session;
    this.dataDir = around.dataDir;
    this.slow = around.slow;
    this.#signal = around.signal;
    this.#print = around.print;
  }

  /**
   * Prints a line, which must be true.
   * @param why for a classroom, with a pause behind it
   * @throws the signal's reason where the demo was interrupted
   */
  async say(line: string, why?: string): Promise<void> {
    this.#signal?.throwIfAborted();
    this.#print(line);
    if (!this.slow || why === undefined) return;
    this.#print(`   ↳ ${why}`);
    await pause(PAUSE_MS, this.#signal);
    this.#signal?.throwIfAborted();
  }

  /**
   * Looks until there is something to see.
   * @param what it is, for where it does not come
   * @throws SceneFailed where it does not come within 5 s; the signal's reason where the demo was interrupted
   */
  async eventually<Value>(
    what: string,
    look: () => Promise<Value | undefined> | Value | undefined,
  ): Promise<Value> {
    const end = performance.now() + SOON_MS;
    while (performance.now() < end) {
      this.#signal?.throwIfAborted();
      const seen = await look();
      if (seen !== undefined) return seen;
      await sleep(LOOK_MS);
    }
    throw new SceneFailed(`${what} did not come within ${SOON_MS / 1000} s`);
  }

  /**
   * Waits for something.
   * @param what it is, for where it does not come
   * @throws SceneFailed where it does not come within 5 s; the signal's reason where the demo was interrupted
   */
  async soon<Value extends object>(what: string, awaited: Promise<Value>): Promise<Value> {
    const come = await within(awaited, SOON_MS, this.#signal);
    this.#signal?.throwIfAborted();
    if (come === undefined) throw new SceneFailed(`${what} did not come within ${SOON_MS / 1000} s`);
    return come;
  }

  /**
   * Goes on only where this holds.
   * @param seen what was seen where it does not: by that the promise is broken
   * @throws SceneFailed
   */
  check(promised: Promised, holds: boolean, seen: string): void {
    if (holds) return;
    this.findings.push({ promised, holds, evidence: seen });
    throw new SceneFailed(seen);
  }

  /** Notes by what it was seen that a promise is kept. */
  kept(promised: Promised, evidence: string): void {
    this.findings.push({ promised, holds: true, evidence });
  }
}

/** A line for each promise that was looked at. */
export function verified(findings: Finding[]): string[] {
  return Object.entries(PROMISES).flatMap(([promised, title]) => {
    const own = findings.filter((finding) => finding.promised === promised);
    const broken = own.filter(({ holds }) => !holds);
    if (own.length === 0) return [];
    const told = (broken.length > 0 ? broken : own).map(({ evidence }) => evidence);
    return `  ${broken.length > 0 ? '❌' : '✅'} ${title}: ${[...new Set(told)].join('; ')}`;
  });
}
