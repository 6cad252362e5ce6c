import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lastWords } from '../start/last-words.ts';
import { Failure } from './failure.ts';
import { emptyLog } from './write-reports.ts';

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const START_MS = 15_000;

export interface StartedTarget {
  url: string;
  /** Asks the server to stop and waits until it has; kills it where it does not within 6 s. */
  stop(): Promise<void>;
}

/**
 * Starts a server of this repository on a free loopback port and waits until it listens. It ends with this
 * process, however this process ends, as it watches the channel between the two.
 * @param logFile where everything goes that the server prints
 * @throws Failure (3) where it does not listen within 15 s, or ends before
 */
export async function startServer(
  logFile: string,
  env: Record<string, string> = {},
  main = MAIN,
): Promise<StartedTarget> {
  await emptyLog(logFile);
  const log = openSync(logFile, 'w');
  const child = fork(main, {
    env: { ...inherited(), HOST: '127.0.0.1', ...env, PORT: '0' },
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', log, log, 'ipc'],
    // Ctrl-C in a terminal goes to the whole process group; the runner stops the server itself, in its own time.
    detached: true,
  });
  const stop = () => stopChild(child);
  const url = await Promise.race([
    once(child, 'message').then(([message]) => (message as { url: string }).url),
    once(child, 'exit').then(() => undefined),
    delay(START_MS, undefined, { ref: false }),
  ]);
  if (url !== undefined) return { url, stop };
  await stop();
  throw new Failure(3, `the reference server did not start: ${lastWords(logFile)}; see ${logFile}`);
}

/** What a process needs to run at all: nothing that is set around us for another server may configure this one. */
function inherited(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'NODE_OPTIONS', 'LOG_LEVEL'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 6000);
  await exited;
  clearTimeout(killer);
}
