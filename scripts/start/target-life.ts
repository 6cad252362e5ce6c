import { setTimeout as delay } from 'node:timers/promises';
import { clip, duration, oneLine } from '../report/text.ts';
import { Failure, usage } from '../runner/failure.ts';
import type { Screen } from '../runner/progress.ts';
import { emptyLog } from '../runner/write-reports.ts';
import { ask, describeAnswer, isServed, untilServed } from './answers.ts';
import { describeEnding, type Ending, type Guarded, runGuarded } from './guarded.ts';
import { lastWords } from './last-words.ts';

/** A target to start, or only to wait for. */
export interface TargetToStart {
  /** Run by a shell; undefined where others start the target. */
  command: string | undefined;
  /** Where the command runs. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The addresses of the target; the first is waited for. */
  urls: [string, ...string[]];
  /** Where everything goes that the command prints. */
  logFile: string;
  /** What that file is called on the screen. */
  logName: string;
  /** How long it may take until it answers. */
  waitMs: number;
  /** How long it may take to end when it is asked to. */
  graceMs?: number;
  /** Takes secrets out of what goes to the screen. */
  mask(text: string): string;
}

/** The life of a target, but for its test. */
export interface TargetLife {
  /**
   * Starts it, and waits until it answers.
   * @throws Failure (2) where somebody else answers already, (3) where it ends before it answers, or does not answer
   */
  start(screen: Screen, signal?: AbortSignal): Promise<void>;
  /**
   * @param ms how long to wait for the news
   * @returns that it ended before it was asked to, in one line
   */
  ended(ms: number): Promise<string | undefined>;
  /** @returns in one line, that not all of it could be ended */
  stop(): Promise<string | undefined>;
}

export function targetLife(target: TargetToStart): TargetLife {
  const { command, logFile, logName, waitMs } = target;
  const [url] = target.urls;
  let guarded: Guarded | undefined;
  let ending: Ending | undefined;

  function failed(what: string): Failure {
    const more = guarded
      ? `${lastWords(logFile)}; see ${logName}`
      : 'start the server, or correct --wait-for';
    return new Failure(3, `${what}: ${more}`);
  }

  return {
    async start(screen, interrupt = new AbortController().signal) {
      const died = new AbortController();
      if (command !== undefined) {
        // Before anything else can go wrong.
        await emptyLog(logFile);
        for (const each of new Set(target.urls)) await checkUnserved(each, interrupt);
        guarded = runGuarded(command, logFile, target);
        void guarded.ended.then((how) => {
          ending = how;
          died.abort();
        });
      }
      const began = Date.now();
      const what = command === undefined ? `waiting for ${url}` : `starting: ${command}`;
      screen.write(`${clip(oneLine(target.mask(what)), (screen.columns || 80) - 30)} … `);
      // Not `AbortSignal.timeout`, which Node 20 can lose when it is combined with other signals.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), waitMs);
      const answer = await untilServed(url, AbortSignal.any([late.signal, died.signal, interrupt]));
      clearTimeout(timer);
      const served = isServed(answer) && !ending;
      screen.write(served ? `listening after ${duration(Date.now() - began)}\n` : '\n');
      if (served) return;
      if (interrupt.aborted) throw new Failure(3, 'the run was interrupted before it began');
      throw failed(
        ending
          ? `what --start started ended before ${url} answered (${describeEnding(ending)})`
          : `${url} did not answer within ${waitMs / 1000} s (${describeAnswer(answer)})`,
      );
    },
    async ended(ms) {
      await Promise.race([guarded?.ended, delay(ms, undefined, { ref: false })]);
      return ending && `the target ended during the run (${describeEnding(ending)}); see ${logName}`;
    },
    async stop() {
      const all = await (guarded?.stop() ?? true);
      return all ? undefined : `not all that --start started could be ended; see ${logName}`;
    },
  };
}

async function checkUnserved(url: string, signal: AbortSignal): Promise<void> {
  if (!isServed(await ask(url, signal))) return;
  throw usage(
    `something answers at ${url} already: it would be tested instead of what --start starts; stop it, or use {port}`,
  );
}
