import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from './main.ts';
import type { Result } from './present.ts';
import { sharesOf } from './profile.ts';
import { QUANTITIES } from './quantities.ts';
import { quantile } from './statistics.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcp-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('says at once that its file cannot be written', async () => {
  const silent = { write: () => {} };
  await expect(main(['--json', folder], { env: {}, out: silent, err: silent })).rejects.toThrow(
    `--json ${folder} cannot be written: EISDIR`,
  );
});

test('measures every server in every quantity that it has, and tells it as a table and as JSON', async () => {
  const file = join(folder, 'deep', 'bench.json');
  const written: string[] = [];
  const out = { write: (text: string) => written.push(text) };
  const argv = ['--rounds', '2', '--pairs', '3', '--calls', '12', '--json', file];
  expect(await main(argv, { env: {}, out, err: { write: () => {} } })).toBe(0);

  const { servers, shares, calls }: Result = JSON.parse(readFileSync(file, 'utf8'));
  expect(calls).toBe(12);
  const none = (name: keyof typeof servers) =>
    QUANTITIES.filter((quantity) => servers[name][quantity.name] === null).map((quantity) => quantity.name);
  expect(none('reference')).toEqual([]);
  expect(none('http')).toEqual([]);
  // The SDK alone does not end the stream of a cancelled call: whatever waits for that end has no time.
  expect(none('sdk')).toEqual(
    QUANTITIES.map(({ name }) => name).filter((name) => /^(ended|cancels)/.test(name)),
  );
  for (const { name } of QUANTITIES) {
    const { rounds = [], min = 0, median = 0, max = 0 } = servers.reference[name] ?? {};
    expect(rounds).toHaveLength(2);
    expect([min, max]).toEqual([Math.min(...rounds), Math.max(...rounds)]);
    expect(rounds).toContain(median);
    // Of so few calls, what the garbage collector did besides may be more than they hold.
    if (name !== 'memoryPerCall') expect(min).toBeGreaterThan(0);
  }
  expect(Object.values(shares).reduce((sum, share) => sum + share)).toBeCloseTo(1);
  const table = written.join('');
  for (const { title } of QUANTITIES) expect(table).toContain(title.trim());
  expect(table).toContain('12 calls cancelled at once');
  expect(table).toContain('never ends');
});

test.each([['--rounds', '0'], ['--calls', '1e3'], ['--pairs', '10001'], ['--nonsense']])(
  '%s %s is refused',
  async (...argv) => {
    const io = { env: {}, out: { write: () => {} }, err: { write: () => {} } };
    await expect(main(argv, io)).rejects.toMatchObject({ exitCode: 2 });
  },
);

test('what V8 and zod do counts for who called them, and idle time for nobody', () => {
  const frame = (functionName: string, url = '') => ({ functionName, url });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 8] },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('(garbage collector)') },
      {
        id: 4,
        callFrame: frame('send', 'file:///x/node_modules/@modelcontextprotocol/sdk/a.js'),
        children: [5, 6],
      },
      { id: 5, callFrame: frame('parse', 'file:///x/node_modules/zod/v4/b.js'), children: [7] },
      { id: 6, callFrame: frame('write', 'node:net') },
      { id: 7, callFrame: frame('stringify') },
      { id: 8, callFrame: frame('cancel', 'file:///x/server/calls.ts') },
    ],
    samples: [2, 3, 4, 5, 6, 7, 8, 8],
    timeDeltas: [1000, 10, 10, 10, 20, 10, 20, 20],
  };
  expect(sharesOf(profile)).toEqual({
    'Node.js': 0.2,
    'garbage collector': 0.1,
    SDK: 0.3,
    Express: 0,
    'this server': 0.4,
  });
});

test('a quantile is one of the values', () => {
  const values = [5, 1, 4, 2, 3];
  expect([0, 0.2, 0.5, 0.99, 1].map((part) => quantile(values, part))).toEqual([1, 1, 3, 5, 5]);
  expect(quantile([], 0.5)).toBeNaN();
});
