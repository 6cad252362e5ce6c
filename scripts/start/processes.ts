import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process of this machine. */
export interface Process {
  pid: number;
  parent: number;
  group: number;
}

/** Every process that runs; a dead one that nobody has buried yet does not. */
export function processes(platform = process.platform): Process[] {
  return platform === 'linux' ? fromProc() : fromPs();
}

/** `ps` is missing in many small images, `/proc` in none. */
function fromProc(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = readStat(pid);
      // pid (name) state parent group …, where a name may hold anything, parentheses too.
      const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return parse(pid, parent, group, state);
    });
}

/** Nothing for a process that has ended since it was listed. */
function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

function fromPs(): Process[] {
  // What follows a "=" in an option is a heading, commas too.
  const columns = ['pid=', 'ppid=', 'pgid=', 'stat='].flatMap((column) => ['-o', column]);
  const ps = spawnSync('ps', ['-A', ...columns], { encoding: 'utf8' });
  if (ps.error) throw ps.error;
  return ps.stdout
    .split('\n')
    .flatMap((line) => {
      const [pid, parent, group, state] = line.trim().split(/\s+/);
      return parse(pid, parent, group, state);
    })
    .filter(({ pid }) => pid !== ps.pid);
}

function parse(pid?: string, parent?: string, group?: string, state = 'Z'): Process[] {
  if (/^[ZX]/.test(state)) return [];
  return [{ pid: Number(pid), parent: Number(parent), group: Number(group) }];
}
