import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ran {
  exitCode: number | null;
  /** All that was printed. */
  screen: string;
  /** The process group in which it ran. */
  group: number;
}

/** Runs a script as GitHub does where a step says `shell: bash`; in a process group of its own. */
export async function runScript(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', script], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let screen = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (screen += chunk));
  const [exitCode] = await once(child, 'close');
  return { exitCode, screen, group: child.pid ?? 0 };
}
