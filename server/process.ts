/** For tests and the soak: the server as a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

const MAIN = join(import.meta.dirname, 'main.ts');

export interface Launched {
  child: ChildProcess;
  /** What it tells its parent as soon as it listens; `url` is the MCP endpoint. */
  listening: Promise<{ type: string; url: string }>;
  /** How it ended, and all that it wrote. */
  exit: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/**
 * Starts the server on a free port, if none is given. It ends with this process at the latest.
 *
 * @param env beyond this process's own
 * @param program another one than main.ts, and options of Node.js
 */
export function launch(
  env: Record<string, string> = {},
  { main = MAIN, execArgv = [] }: { main?: string; execArgv?: string[] } = {},
): Launched {
  const child = spawn(process.execPath, [...execArgv, '--import', 'tsx', main], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  }) as ChildProcess & { stdout: Readable; stderr: Readable };
  // Not the event `close`: it does not come when the IPC channel was closed from here.
  const exit = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code: code as number | null, stdout, stderr }),
  );
  const listening = once(child, 'message').then(([message]) => message as { type: string; url: string });
  return { child, exit, listening };
}
