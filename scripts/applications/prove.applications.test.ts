import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaseRecord } from '../../collections/src/lib/record.ts';
import { createApp } from '../../server/app.ts';
import { createApplications } from '../../server/applications/index.ts';
import type { BareServer } from '../../server/broken/bare.ts';
import { readConfig } from '../../server/config.ts';
import { unknownNames } from '../broken/compare.ts';
import { type Group, loadGroups } from '../broken/groups.ts';
import { judgeServer, type Which } from '../broken/judge.ts';
import { notKilled, prove } from '../broken/prove.ts';
import { type ApplicationFault, FAULTS } from './faults.applications.ts';
import { APPLICATIONS } from './preset.ts';

/** The proof of the proofs: each fault turns exactly the checks that it declares, and a sound server none. */

// The database in it is made once.
const config = { ...readConfig({}), dataDir: mkdtempSync(join(tmpdir(), 'mcp-prove-')) };
afterAll(() => rmSync(config.dataDir, { recursive: true }));

let groups: Group[];
beforeAll(async () => {
  groups = await loadGroups('applications');
});

async function start(create: ApplicationFault['create']): Promise<BareServer> {
  const app = createApp(config, pino({ level: 'silent' }), await create(config));
  return { url: await app.listen(), close: () => app.close() };
}

test('the faults name checks that there are', () => {
  for (const fault of FAULTS) expect(unknownNames(fault, groups)).toEqual([]);
});

test('every check is turned by a fault, and by no other', { timeout: 600_000 }, async () => {
  // The CPU time of a process is that of all servers in it.
  const alone = pLimit(1);
  const records: Record<Which, CaseRecord[]> = { sound: [], broken: [] };
  const proofs = await prove(FAULTS, groups, {
    judge: (which, { name }, place) =>
      alone(async () => {
        const fault = FAULTS.find((one) => one.name === name);
        const create = which === 'broken' && fault ? fault.create : createApplications;
        const judged = await judgeServer(() => start(create), {}, place, APPLICATIONS);
        records[which].push(...judged.records);
        return judged;
      }),
    onProof: () => {},
  });
  for (const { fault, wrong } of proofs) expect(wrong, fault.name).toEqual([]);
  expect(records.sound.length).toBeGreaterThanOrEqual(groups.flatMap(({ cases }) => cases).length);
  expect(records.sound.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  // By suite policy, as the specification says no more than SHOULD.
  for (const { case: id, verdict, red } of records.broken) expect(red, id).toBe(verdict !== 'pass');
  // A cancelled call is answered by the core, whatever its tool does: L-EFF-4 is proved elsewhere.
  const ends = ['QUERY', 'TRAIN', 'API', 'BATCH', 'AGENT'].map((tool) => `A-${tool}-1 ends`);
  expect(notKilled(groups, proofs).map((line) => line.split(':')[0])).toEqual(ends);
});
