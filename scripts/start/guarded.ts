import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const GUARDIAN = fileURLToPath(new URL('./guardian.ts', import.meta.url));
const GRACE_MS = 6000;

/** How a command ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A command that runs under a guardian. */
export interface Guarded {
  /** Resolves when nothing that it started runs any more. */
  ended: Promise<Ending>;
  /**
   * Ends it: SIGTERM, and SIGKILL to what is there 6 s later.
   * @returns whether all of it has ended
   */
  stop(): Promise<boolean>;
}

/**
 * Runs a command by a shell, in a process group of its own, so that Ctrl-C in a terminal does not reach it. It ends
 * with this process, however this process ends.
 * @param logFile where everything goes that it prints
 */
export function runGuarded(
  command: string,
  logFile: string,
  { cwd, env, graceMs = GRACE_MS }: { cwd: string; env: NodeJS.ProcessEnv; graceMs?: number },
): Guarded {
  const log = openSync(logFile, 'a');
  const guardian = fork(GUARDIAN, [command, cwd, String(graceMs)], {
    env,
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const exited = once(guardian, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  let told: Ending | undefined;
  guardian.once('message', (ending: Ending) => {
    told = ending;
  });
  return {
    ended: exited.then(([, signal]) => told ?? { code: null, signal }),
    async stop() {
      if (guardian.connected) guardian.disconnect();
      const [code, signal] = await exited;
      // Killed, it could end nothing itself.
      if (signal !== null) killGroup(guardian.pid);
      return code !== 1;
    },
  };
}

/** `exit code 1`, or the signal. */
export function describeEnding({ code, signal }: Ending): string {
  return code !== null ? `exit code ${code}` : (signal ?? 'ended from outside');
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
