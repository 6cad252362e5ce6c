import { describe, expect, it, vi } from 'vitest';
import { red } from '../report/fixture.ts';
import { main } from './main.ts';
import { one, ratchet, report, resultsOf } from './testing.ts';

describe('the command line', () => {
  it('reads in 80 columns', async () => {
    const { out } = await report(
      red,
      resultsOf([one('L-EFF-1')], { target: { ...red.target, server: null } }),
    );
    const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await main(['--help'], { env: {}, out: { write: () => {} }, err: { write: () => {} } })).toBe(0);
    const help = print.mock.calls.join('');
    print.mockRestore();
    expect(help).toContain('--compare <file>');
    expect([...out.split('\n'), ...help.split('\n')].filter((line) => line.length > 80)).toEqual([]);
  });

  it('writes Markdown where it is told to, and to standard output alone', async () => {
    const { read, out } = await report(red, red, ['--compare', 'old.json', '--markdown', 'new/folder/x.md']);
    expect(read('new/folder/x.md')).toMatch(/^## MCP request cancellation: what changed/);
    expect(out).toContain('\nChanges: new/folder/x.md\n');
    const piped = await report(red, red, ['--compare', 'old.json', '--markdown', '-']);
    expect(piped.out).toBe(read('new/folder/x.md'));
    expect(piped.err).toContain('Report: reports/index.html');
  });

  const damaged = {
    ...red,
    runs: [{ ...red.runs[0], cases: [{ ...red.runs[0]?.cases[0], verdict: 'good' }] }],
  };
  it.each<[unknown, string[], RegExp]>([
    [red, ['--nope'], /^unknown option '--nope'\. See npm run report -- --help\n$/],
    [
      red,
      ['--markdown', 'x.md'],
      /^--markdown is about what changed: name the results of another run with --compare\n$/,
    ],
    [red, ['--exit-code'], /^--exit-code is about what changed/],
    [red, ['--compare', ''], /^--compare is empty: name a file\n$/],
    [red, ['--compare', 'none.json'], /^there are no results in none\.json; name one with --compare\n$/],
    [red, ['--results', 'none.json'], /^there are no results in none\.json; run npm run newman first/],
    [red, ['--compare', 'reports'], /^the results reports cannot be read \(EISDIR\)/],
    [red, ['--compare', 'old.json', '--markdown', 'old.json/x'], /^old\.json\/x cannot be written \(/],
    [
      '{"suite":',
      ['--compare', 'old.json'],
      /^old\.json is no JSON, or not all of it \(.*\); name one with --compare\n$/,
    ],
    [
      { name: 'x' },
      ['--compare', 'old.json'],
      /^old\.json holds no results of mcp-cancellation-suite: suite: .* \(and \d more\)/,
    ],
    [null, ['--compare', 'old.json'], /^old\.json holds no results of mcp-cancellation-suite: all of it: /],
    [
      damaged,
      ['--compare', 'old.json'],
      /^old\.json are results that .*: runs\[0\]\.cases\[0\]\.verdict: .*"pass"/,
    ],
  ])('says in one line what is wrong: %#', async (old, args, message) => {
    const { exitCode, err, out } = await report(red, old, args);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('reads what older versions of the suite wrote', async () => {
    const later = [
      'exchanges',
      'group',
      'waitMs',
      'known',
      'about',
      'again',
      'atOnce',
      'notices',
      'stale',
      'unused',
      'slowTool',
    ];
    const older = JSON.parse(JSON.stringify(red), (key, value) => (later.includes(key) ? undefined : value));
    for (const { cases } of older.runs) for (const of of cases) of.startedAt = undefined;
    const { exitCode, err, read } = await report(older, older, ratchet);
    expect([exitCode, err]).toEqual([0, '']);
    expect(read('reports/changes.md')).toContain('**Nothing changed: 12 cases are the same.**');
  });
});
