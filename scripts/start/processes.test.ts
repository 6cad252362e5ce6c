import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { processes } from './processes.ts';

const me = expect.objectContaining({ pid: process.pid, parent: process.ppid, group: expect.any(Number) });

it('finds this process, and its parent', () => {
  expect(processes()).toContainEqual(me);
});

it.skipIf(spawnSync('ps', ['-A', '-o', 'pid=']).status !== 0)('finds the same with ps', () => {
  const found = processes('darwin');
  expect(found).toContainEqual(me);
  const group = (list: typeof found) => list.find(({ pid }) => pid === process.pid)?.group;
  expect(group(found)).toBe(group(processes()));
});
