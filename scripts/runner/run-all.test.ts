import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { planJobs } from './jobs.ts';
import { type RunAllOptions, runAll } from './run-all.ts';
import { environmentOf, fixtureCollection, reporting } from './testing.ts';

/** Several revisions of a collection that is large enough to be split. */

const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'];
const IDS = Array.from({ length: 24 }, (_, n) => `A-${n}`);

let server: http.Server;
afterEach(() => server.close());

/** A server that answers nobody until six requests wait for it. */
async function sixAtOnce() {
  const seen = { atOnce: 0, most: 0, revisions: {} as Record<string, number> };
  const waiting: http.ServerResponse[] = [];
  let open = false;
  const answer = (response: http.ServerResponse) => {
    seen.atOnce -= 1;
    response.end();
  };
  server = http.createServer(({ headers }, response) => {
    const revision = String(headers.revision);
    seen.revisions[revision] = (seen.revisions[revision] ?? 0) + 1;
    seen.atOnce += 1;
    seen.most = Math.max(seen.most, seen.atOnce);
    open ||= seen.atOnce === 6;
    waiting.push(response);
    if (open) waiting.splice(0).forEach(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { seen, mcpUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Runs the cases in all revisions, with this source in the test script of each. */
async function run(mcpUrl: string, source = '', options: Partial<RunAllOptions> = {}) {
  const item = (id: string) => ({
    name: `${id} A case`,
    prerequest: `pm.request.headers.upsert({ key: 'Revision', value: pm.variables.get('protocolVersion') });`,
    test: `${reporting(id)} pm.test('t', () => {}); const id = '${id}', revision = pm.variables.get('protocolVersion'); ${source}`,
  });
  const folders = [0, 1, 2, 3, 4, 5].map((n) => ({
    name: `Folder ${n}`,
    items: IDS.slice(4 * n, 4 * n + 4).map(item),
  }));
  const planned = { ...fixtureCollection(folders, IDS), revisions: REVISIONS };
  const started: string[] = [];
  const outcomes = await runAll(planJobs([planned], 'none'), environmentOf({ mcpUrl }), {
    timeoutMs: 60_000,
    watch: (revision) => ({ started: (title) => started.push(`${revision} ${title}`), ended: () => {} }),
    ...options,
  });
  return { outcomes, started };
}

describe('several runs', () => {
  it('go on six jobs at a time, and come to one outcome for each revision', async () => {
    const { seen, mcpUrl } = await sixAtOnce();
    const { outcomes, started } = await run(mcpUrl);
    expect(seen.most).toBe(6);
    expect(seen.revisions).toEqual(Object.fromEntries(REVISIONS.map((revision) => [revision, IDS.length])));
    expect(started).toHaveLength(REVISIONS.length * IDS.length);
    expect(outcomes.map(({ revision }) => revision)).toEqual(REVISIONS);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ problems: [], assertions: IDS.length, parts: 4 });
      expect(outcome.records.map((record) => record.case)).toEqual(IDS);
      expect(outcome.planned.expected).toEqual(IDS);
      expect(outcome.summaries).toHaveLength(4);
    }
  });

  it('tell what went wrong once, and only where it did', async () => {
    const { mcpUrl } = await sixAtOnce();
    const { outcomes } = await run(
      mcpUrl,
      `if (revision === '2025-06-18') {
        if (id === 'A-3') pm.test('async', async () => { throw new Error('lost'); });
        if (id === 'A-9') setTimeout(() => { throw new Error('late'); }, 1);
        if (id === 'A-20') pm.variables.unset('mcp.record');
      }`,
    );
    expect(outcomes.map(({ problems }) => problems.sort())).toEqual([
      [],
      [
        '1 of 4 cases reported nothing: A-20',
        'a rejection was left unhandled while A-3 A case ran: Error: lost',
        'a script of A-9 A case threw outside of a test: Error: late',
      ].map((text) => (text.startsWith('1 of') ? expect.stringMatching(/^1 of \d cases.*: A-20$/) : text)),
      [],
    ]);
  });

  it('stop where they are interrupted, those that wait for their turn among them', async () => {
    const { mcpUrl } = await sixAtOnce();
    const interrupt = new AbortController();
    let jobs = 0;
    const { outcomes } = await run(mcpUrl, '', {
      signal: interrupt.signal,
      watch: () => {
        jobs += 1;
        return { started: () => interrupt.abort(), ended: () => {} };
      },
    });
    expect(jobs).toBe(12);
    for (const { problems } of outcomes) expect(problems).toContain('the run was interrupted');
  });

  it('have one time limit together', async () => {
    const { mcpUrl } = await sixAtOnce();
    const { outcomes } = await run(mcpUrl, 'setTimeout(() => {}, 60000);', { timeoutMs: 300 });
    for (const { problems } of outcomes)
      expect(problems.filter((text) => /^the run was not done after 0.3 s/.test(text))).toHaveLength(4);
  });
});
