import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { known, large, nasty, nothing, red } from '../report/fixture.ts';
import type { Results } from '../runner/results.ts';
import { broken, one, ratchet, report, resultsOf } from './testing.ts';

const rowsOf = (markdown: string) => markdown.split('\n').filter((line) => /^\| [A-Zt]/.test(line));

describe('npm run report', () => {
  it('writes the page anew, with links to what is there', async () => {
    const { exitCode, out, err, read, dir } = await report(red, red, []);
    expect([exitCode, out, err]).toEqual([0, 'Report: reports/index.html\n', '']);
    expect(read('reports/index.html')).toContain('href="conformance-2025.xml"');
    expect(read('reports/index.html')).not.toContain('href="mcp-cancellation.xml"');
    expect(read('reports/index.html')).not.toContain('What changed');
    expect(existsSync(join(dir, 'reports/changes.md'))).toBe(false);
  });

  it.each<[string, Results]>([
    ['red', red],
    ['known', known],
    ['large', large],
    ['nothing', nothing],
  ])('finds no change in a run that is compared with itself: %s', async (_name, results) => {
    const { exitCode, out, read } = await report(results, results);
    const cases = results.totals.cases;
    const sentence =
      cases > 0 ? `Nothing changed: ${cases} cases are the same.` : 'No case ran in either of the runs.';
    expect(exitCode).toBe(0);
    expect(out.replace(/\s+/g, ' ')).toContain(sentence);
    expect(read('reports/changes.md')).toContain(`**${sentence}**`);
    expect(read('reports/changes.md')).not.toContain('###');
    expect(read('reports/index.html')).toContain('What changed since 2026-03-12 14:03:05 UTC');
  });

  it('tells each kind of change in a table of its own', async () => {
    const [check] = one('x').checks;
    if (!check) throw new Error('the fixture has changed');
    const before = [
      ...[
        one('A-1'),
        broken('A-2'),
        broken('A-3'),
        one('A-4'),
        one('A-5'),
        one('A-6'),
        one('A-7'),
        one('A-9'),
      ],
      one('A-8', { verdict: 'not applicable' }),
    ];
    const now = [
      ...[broken('A-1', { fate: 'left open' }), one('A-2'), broken('A-3', { red: false, known: 'so it is' })],
      one('A-4', { verdict: 'warn', checks: [{ ...check, verdict: 'warn', observed: 'late' }] }),
      one('A-5', { checks: [{ ...check, verdict: 'note', observed: 'ignored' }] }),
      ...[
        one('A-6', { fate: 'result' }),
        one('A-7', { cancelMs: 204 }),
        one('A-8', { verdict: 'not applicable' }),
      ],
      broken('A-10'),
    ];
    const { out, read } = await report(resultsOf(now), resultsOf(before));
    const sentence =
      '1 case became red, 1 is mended, 5 changed otherwise, 1 ran only now (1 red), 1 ran only before, 1 is the same.';
    expect(out.replace(/\s+/g, ' ')).toContain(sentence);
    const text = read('reports/changes.md');
    const where = 'conformance-2025 2025-11-25';
    const rule = `[MUST keep the session usable](${check.spec})`;
    expect(text).toContain(`**${sentence}**`);
    expect(
      text
        .slice(text.indexOf('###'))
        .split('\n')
        .filter((line) => /^\| [AC]|^###/.test(line)),
    ).toEqual([
      '### Became red',
      '| Case | Where | Before | Now | Rule |',
      `| A-1 A rule | ${where} | pass; error -32800 | fail, red; left open | ${rule}: no answer |`,
      '### Mended',
      '| Case | Where | Before | Now | Rule |',
      `| A-2 A rule | ${where} | fail, red | pass | ${rule} |`,
      '### Other changes of verdict',
      '| Case | Where | Before | Now | Rule |',
      `| A-3 A rule | ${where} | fail, red | is now a known failure: fail |  |`,
      `| A-4 A rule | ${where} | pass | warn | ${rule}: pass, now warn: late |`,
      '### Changes of a check, where the case came to the same',
      '| Case | Where | Before | Now | Rule |',
      `| A-5 A rule | ${where} | pass | pass | ${rule}: pass, now note: ignored |`,
      '### Changes of fate',
      '| Case | Where | Before | Now |',
      `| A-6 A rule | ${where} | pass; error -32800 | pass; result |`,
      '### Changes of latency, from the cancel to the end of the exchange',
      '| Case | Where | Before | Now |',
      `| A-7 A rule | ${where} | pass; 4 ms | pass; 204 ms |`,
      '### Ran in one of the runs only',
      '| Case | Where | Which | Verdict |',
      `| A-10 A rule | ${where} | ran only now | fail, red |`,
      `| A-9 A rule | ${where} | ran only before | pass |`,
    ]);
    const page = read('reports/index.html');
    for (const caption of text.match(/(?<=### ).*/g) ?? [])
      expect(page).toContain(`<caption>${caption}</caption>`);
    expect(page.indexOf('What changed')).toBeLessThan(page.indexOf('What is red'));
  });

  it('says once what changed in several revisions, and that whole runs are not in both', async () => {
    const revisions = ['2025-06-18', '2025-11-25'];
    const now = resultsOf([broken('A-1'), one('A-2')], {}, revisions);
    const before = resultsOf([one('A-1'), one('A-2')], {}, revisions);
    const [other] = resultsOf([one('A-1'), broken('A-3')], {}, ['2025-03-26']).runs;
    if (!other) throw new Error('no run');
    const { read } = await report(now, { ...before, runs: [...before.runs, other] });
    const text = read('reports/changes.md');
    expect(text).toContain('**2 cases became red, 2 ran only before, 2 are the same.**');
    expect(rowsOf(text).filter((row) => !row.startsWith('| Case'))).toEqual([
      expect.stringContaining('| A-1 A rule | conformance-2025 2025-06-18, 2025-11-25 | pass | fail, red |'),
      '| the whole run | conformance-2025 2025-03-26 | ran only before | 2 cases, 1 red: A-3 |',
    ]);
  });

  it('calls nothing mended that is only not seen, or taken less strictly', async () => {
    const miss = { verdict: 'warn' as const, checks: [] };
    const before = resultsOf([broken('A-1'), one('A-2', { ...miss, red: true })], { strict: 'should' });
    const now = resultsOf([one('A-1', { verdict: 'not observed' }), one('A-2', miss)]);
    const { read, out } = await report(now, before);
    expect(read('reports/changes.md')).toContain('**2 cases changed otherwise.**');
    expect(out).toContain('  - The strictness is another, and with it what is red: should before, effect');
  });

  it('tells of latency only what is more than noise', async () => {
    const at = (cancelMs: number | null, lag = false) => {
      const results = resultsOf([one('A-1', { cancelMs })]);
      return { ...results, runs: results.runs.map((run) => ({ ...run, lag })) };
    };
    const changed = async (a: number | null, b: number | null, lag = false) =>
      (await report(at(b, lag), at(a))).read('reports/changes.md').includes('### Changes of latency');
    expect(await changed(100, 201)).toBe(true);
    expect(await changed(900, 100)).toBe(true);
    expect(await changed(100, 200)).toBe(false);
    expect(await changed(3, 90)).toBe(false);
    expect(await changed(500, 900)).toBe(false);
    expect(await changed(100, null)).toBe(false);
    expect(await changed(100, 900, true)).toBe(false);
    expect((await report(at(1), at(1))).read('reports/changes.md')).toContain('more than 2 times as long');
  });

  it('says in what the runs are no repetition of each other', async () => {
    const target = { url: 'http://127.0.0.1:1/mcp', server: { name: 'b', version: '2' }, slowTool: 'long' };
    const suite = { ...red.suite, version: '0.0.1' };
    const { out, read } = await report(resultsOf([one('A-1')]), resultsOf([one('A-1')], { target, suite }));
    expect(out.replace(/\s+/g, ' ')).toContain(
      'are of different servers: b 2 before, mcp-cancellation-reference-server',
    );
    for (const line of [
      'Another tool was cancelled: long before, slow now.',
      'suite is another: 0.0.1 before, 0.1.0 now.',
    ])
      expect(read('reports/changes.md')).toContain(line);
    // A free port says nothing.
    expect(out).not.toContain('addresses');
    const far = { ...target, url: 'http://x.test/mcp' };
    expect((await report(resultsOf([one('A-1')]), resultsOf([one('A-1')], { target: far }))).out).toContain(
      'addresses',
    );
  });

  it('ends with 1 where it is asked to, and something is red that was not red', async () => {
    const [good, bad] = [resultsOf([one('A-1')]), resultsOf([broken('A-1')])];
    expect((await report(bad, good, ratchet)).exitCode).toBe(1);
    expect((await report(bad, good)).exitCode).toBe(0);
    expect((await report(bad, bad, ratchet)).exitCode).toBe(0);
    expect((await report(good, bad, ratchet)).exitCode).toBe(0);
    expect((await report(resultsOf([one('A-1'), broken('A-2')]), good, ratchet)).exitCode).toBe(1);
    expect((await report(known, known, ratchet)).exitCode).toBe(0);
    expect((await report(known, { ...known, stale: [] }, ratchet)).exitCode).toBe(1);
    const { exitCode, out } = await report(nothing, good, ratchet);
    expect([exitCode, out.replace(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining('This run: http://127.0.0.1:8000/mcp is not'),
    ]);
  });
});

describe('what a server said', () => {
  const hostile = `@octocat and typescript-sdk#2559 ![x](http://x.test/x.png) ${nasty}`;
  const everywhere = (results: Results): Results =>
    JSON.parse(JSON.stringify(results), (key, value) =>
      ['title', 'observed', 'expected', 'fate', 'name', 'url', 'slowTool', 'why'].includes(key) &&
      key !== 'x' &&
      value !== 'mcp-cancellation-suite'
        ? `${value}${hostile}`
        : value,
    );

  it('stays text, in tables that stay whole', async () => {
    const { out, read } = await report(
      everywhere(red),
      everywhere(resultsOf([one('L-EFF-1'), one('L-ACK-1')])),
    );
    const text = read('reports/changes.md');
    expect(text).not.toMatch(/(?<!\\)<(?!br>)/);
    expect(text).not.toMatch(/@octocat|sdk#2559|(?<!\\)!?\[x(?<!\\)\]/);
    for (const row of text.match(/^\| L-.*$/gm) ?? [])
      expect([5, 6]).toContain(row.match(/(?<!\\)\|/g)?.length);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(`${text}${out}`).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(read('reports/index.html')).not.toContain('<script>alert');
  });

  it('makes no link that is none, and no comment that is too long for GitHub', async () => {
    const cases = Array.from({ length: 300 }, (_, n) => broken(`A-${n}`));
    const checks = broken('A').checks.map((check) => ({
      ...check,
      spec: 'javascript:alert(1)',
      observed: hostile,
    }));
    const now = resultsOf(cases.map((of) => ({ ...of, checks: [...checks, ...checks] })));
    const { read } = await report(now, resultsOf(cases.map(({ id }) => one(id))));
    const text = read('reports/changes.md');
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/^And 2\d\d more: see the report\.$/m);
    expect(`${text}${read('reports/index.html')}`).not.toMatch(/(href="|\]\()javascript/);
  });
});
