import { expect, test, vi } from 'vitest';
import { Call } from '../tools/call.ts';
import { Branches } from './branches.ts';

test('a cleanup that fails in a branch is told of, with its error', async () => {
  const log = vi.fn();
  const parent = new Call('a', 'parent', { progress: () => {}, log, serverLog: () => {} });
  const branches = new Branches(parent, () => {});
  await branches.start('child', async (call) => {
    call.defer(() => {
      throw new Error('no way back');
    });
    return {};
  });
  expect(log).toHaveBeenCalledWith('error', 'child: a cleanup failed: Error: no way back');
});
