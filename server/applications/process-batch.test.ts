import { expect, test } from 'vitest';
import { Calls } from '../calls.ts';
import { DataFolder } from '../data-folder.ts';
import { Witness } from '../witness.ts';
import { Batches, type Output } from './batches.ts';
import { Evidence } from './evidence.ts';
import { processBatch } from './process-batch.ts';
import { dataFolder } from './testing.ts';

const TOTAL = 10_000;

test('an output that cannot be written to ends the batch, and nothing of it goes on behind its end', async () => {
  const dataDir = await dataFolder();
  let output: Output | undefined;
  class Watched extends Batches {
    override async create() {
      output = await super.create();
      return output;
    }
  }
  const witness = new Witness();
  const evidence = new Evidence();
  const tool = processBatch(new DataFolder(dataDir), new Watched(dataDir), witness, evidence);
  const outlet = { progress: () => void output?.file.close(), log: () => {}, serverLog: () => {} };
  const caller = { capabilities: {}, calls: () => [], request: undefined, disconnect: undefined };
  const args = { items: TOTAL, concurrency: 4, item_ms: 10, key: 'k' };
  const call = new Calls().start('a', tool.name, outlet, (own) => tool.handler(args, own, caller));
  await expect(call).rejects.toThrow(/EBADF|file closed/);

  const found = await evidence.inspect('k');
  expect(found).toMatchObject({
    work: 'failed',
    told: expect.stringMatching(/^\d+ lines in .*; Error: /),
    left: 0,
    facts: { in_flight: 0 },
  });
  const [done, failed, never] = ['done', 'failed', 'never_started'].map((name) => Number(found?.facts[name]));
  expect(done).toBeGreaterThan(0);
  expect(failed).toBeGreaterThan(0);
  expect(never).toBeGreaterThan(0);
  expect(Number(done) + Number(failed) + Number(never)).toBe(TOTAL);
  expect(found?.facts.kept).toBe(done);
  expect(witness.read('k')).toMatchObject({
    call: 'failed',
    handler: 'ended',
    finished: 0,
    cleaned_up: true,
  });
});
