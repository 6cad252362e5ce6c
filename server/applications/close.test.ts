/** What is left when a server has ended. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ended, handles } from '../testing.ts';
import { createDeaf } from './broken.ts';
import { createApplications } from './index.ts';
import { begin, dataFolder, inspect, startApplications, TOOLS } from './testing.ts';

/** What keeps this process busy now and did not before. A file that is closed stays on that list for a while. */
function added(before: string[]): string[] {
  const rest = [...before];
  return handles().filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0 && name !== 'CloseReq';
  });
}

/** Waits until there is nothing; what was closed needs some turns of the event loop. */
async function quiet(before: string[]): Promise<void> {
  for (const until = Date.now() + 5000; added(before).length && Date.now() < until; ) await sleep(20);
  expect(added(before)).toEqual([]);
}

/** The agent first: it needs room in every pool. */
const ALL = ['run_agent', ...TOOLS.filter((tool) => tool !== 'run_agent')];

test('nothing, if nobody has called', async () => {
  const before = handles();
  const offer = await createApplications({ dataDir: await dataFolder(), witness: 'on' });
  await offer.close?.();
  await quiet(before);
});

test('nothing, with everything at work; and every caller has been told', async () => {
  const before = handles();
  const server = await startApplications();
  const calls = [];
  for (const tool of ALL) calls.push(await begin(server.client, tool));
  await server.close('no more');
  for (const call of calls) {
    await ended(call);
    expect((await call.answer()).error).toMatchObject({ code: -32800, data: { reason: 'no more' } });
  }
  await quiet(before);
});

test('nothing, even where no tool hears of its cancel', async () => {
  const before = handles();
  const server = await startApplications({ create: createDeaf });
  for (const tool of ALL) await begin(server.client, tool);
  for (const tool of ALL) await server.client.cancel(tool);
  for (const tool of ALL) expect((await inspect(server.client, tool)).work).toBe('running');
  await server.close();
  await quiet(before);
});
