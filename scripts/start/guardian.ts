/**
 * Stands between the runner and a target that it started: runs the command, and ends all of it when the channel to
 * the runner closes, which it does however the runner ends. It leads the process group that the command runs in.
 *
 * Arguments: the command, the folder to run it in, and the milliseconds that it has to end by itself. When the command
 * and all that it has left running have ended, the runner is told `{code, signal}` of the command.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Process, processes } from './processes.ts';

const POLL_MS = 50;
/** What is still there so long after SIGKILL belongs to somebody else, or hangs in the kernel. */
const KILL_MS = 2000;

// A guardian that breaks must not leave behind what it guards: this ends the whole group, the guardian with it.
process.on('uncaughtException', (error) => {
  console.error(error);
  process.kill(-process.pid, 'SIGKILL');
});

const [command = '', cwd, graceMs] = process.argv.slice(2);
let known = new Set<number>();
/** What was in our group before the command, such as the compiler that `tsx` keeps: it is not waited for. */
const ours = new Set(processes().flatMap(({ pid, group }) => (group === process.pid ? [pid] : [])));

const asked = new Promise<void>((resolve) => {
  for (const event of ['disconnect', 'SIGTERM', 'SIGINT', 'SIGHUP']) process.on(event, () => resolve());
});
// The runner may have gone before anyone listened.
if (!process.connected) process.exit(0);

const child = spawn(command, { shell: true, cwd, stdio: ['ignore', 'inherit', 'inherit'] });
const exited = once(child, 'exit').catch((error: Error) => console.error(error.message));
await Promise.race([asked, exited.then(untilGone)]);
const left = await end();
if (left.length > 0)
  console.error(`These processes could not be ended: ${left.map(({ pid }) => pid).join(', ')}`);
if (process.connected)
  await new Promise((resolve) =>
    process.send?.({ code: child.exitCode, signal: child.signalCode }, undefined, {}, resolve),
  );
process.exit(left.length > 0 ? 1 : 0);

/** The command, all that it has started in our process group, and its descendants in other ones. */
function running(): Process[] {
  const all = processes();
  const found = new Set([process.pid, ...known]);
  for (let size = 0; size < found.size; ) {
    size = found.size;
    for (const { pid, parent, group } of all) if (group === process.pid || found.has(parent)) found.add(pid);
  }
  const some = all.filter(({ pid }) => found.has(pid) && !ours.has(pid));
  // A parent that ends loses its children, so they are remembered; the ids of the dead may be given to others.
  known = new Set(some.map(({ pid }) => pid));
  return some;
}

/** Resolves when what a command left running in the background has ended as well. */
async function untilGone(): Promise<void> {
  while (running().length > 0) await delay(POLL_MS);
}

/** @returns what could not be ended */
async function end(): Promise<Process[]> {
  let some = running();
  // The group at once, so that nothing that is just being started is left out; we only hear that we are asked.
  signal(-process.pid, 'SIGTERM');
  for (const { pid, group } of some) if (group !== process.pid) signal(pid, 'SIGTERM');
  const began = Date.now();
  const waited = () => Date.now() - began;
  while (some.length > 0 && waited() < Number(graceMs) + KILL_MS) {
    await delay(POLL_MS);
    some = running();
    if (waited() > Number(graceMs)) for (const { pid } of some) signal(pid, 'SIGKILL');
  }
  return some;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended, or belongs to another user: what is left in the end tells.
  }
}
