import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BareServer } from '../../server/broken/bare.ts';
import { start } from '../../server/broken/never-ends-stream.ts';
import { runMain, variables } from '../runner/run-main.ts';

/** Known failures as a user meets them, with a server on which L-EFF-4 is red and L-EFF-1 passes. */

let server: BareServer;
beforeAll(async () => {
  server = await start();
});
afterAll(() => server.close());

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-known-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const read = (file: string) => readFileSync(join(dir, file), 'utf8');

const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  runMain(
    [
      ...['--url', server.url, ...variables('slowTool=slow', 'stateTool=state', 'settleMs=800')],
      ...['--collection', 'mcp-cancellation', ...args],
    ],
    { env: { INIT_CWD: dir, ...env }, reportsDir: join(dir, 'reports') },
  );

const CASES = ['--case', 'L-EFF-1', '--case', 'L-EFF-4'];

describe('--known-failures', () => {
  it('reports a listed case that fails, and is good', async () => {
    writeFileSync(join(dir, 'known.yml'), 'L-EFF-4: the SDK never ends the stream\n');
    const { exitCode, screen, results } = await run([...CASES, '--known-failures', 'known.yml']);
    expect(screen).toMatch(/^warn, known {4}L-EFF-4 /m);
    expect(screen).toMatch(/^known {3}L-EFF-4 2025-11-25: the SDK never ends the stream$/m);
    expect(screen.replace(/\s+/g, ' ')).toMatch(
      /Good: nothing is red in 2 cases .*: 1 pass, 1 known failure\./,
    );
    expect(exitCode).toBe(0);
    expect(results()).toMatchObject({
      exitCode: 0,
      stale: [],
      unused: [],
      totals: { red: 0, known: 1, warn: 1 },
    });
    expect(results().runs[0]?.cases[1]).toMatchObject({
      ...{ id: 'L-EFF-4', verdict: 'warn', red: false, known: 'the SDK never ends the stream' },
    });
    expect(read('reports/mcp-cancellation.xml')).toContain(
      '<skipped message="known failure: the SDK never ends the stream; expected',
    );
    expect(read('reports/index.html')).toContain('<strong>the SDK never ends the stream</strong>');
    for (const line of screen.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('is red for a listed case that passes, and for one that does not exist, with the line to delete', async () => {
    writeFileSync(
      join(dir, 'known.yml'),
      '# ours\nL-EFF-4: slow\nL-EFF-1@2025-11-25: did not stop\nL-NOPE-1: gone\n',
    );
    const { exitCode, screen, results } = await run([...CASES, '--known-failures', 'known.yml'], {
      GITHUB_ACTIONS: 'true',
    });
    expect(exitCode).toBe(1);
    const text = screen.replace(/\s+/g, ' ');
    expect(text).toMatch(/Red: 2 stale entries in known\.yml, and nothing else is red in 2 cases/);
    expect(text).toContain(
      'stale known.yml:3: L-EFF-1 passes in 2025-11-25; delete the line: L-EFF-1@2025-11-25: did not stop',
    );
    expect(text).toContain(
      'stale known.yml:4: no collection has a case L-NOPE-1; delete the line: L-NOPE-1: gone',
    );
    expect(screen.match(/^::error file=known\.yml,line=\d/gm)).toEqual([
      '::error file=known.yml,line=3',
      '::error file=known.yml,line=4',
    ]);
    expect(results()).toMatchObject({ exitCode: 1, totals: { red: 0, known: 1 } });
    expect(results().stale.map(({ file, line, entry }) => [file, line, entry])).toEqual([
      ['known.yml', 3, 'L-EFF-1@2025-11-25: did not stop'],
      ['known.yml', 4, 'L-NOPE-1: gone'],
    ]);
  });

  it('does not go into the command that runs a red case again', async () => {
    writeFileSync(join(dir, 'known.yml'), 'L-EFF-1@2025-06-18: another revision\n');
    const { exitCode, screen } = await run(['--case', 'L-EFF-4', '--known-failures', 'known.yml']);
    expect(exitCode).toBe(1);
    expect(screen).toMatch(/^ {2}again {5}npm --prefix \S+ run newman -- --case L-EFF-4 /m);
    expect(screen).not.toMatch(/^ {2}again.*known/m);
  });

  it('writes a file with which the next run is good', async () => {
    const update = ['--known-failures', 'known.yml', '--update-known-failures'];
    const first = await run([...CASES, ...update]);
    expect(first.exitCode).toBe(0);
    expect(first.screen).toMatch(/^known\.yml: added L-EFF-4@2025-11-25\.$/m);
    expect(read('known.yml')).toMatch(
      /^# Known failures: .*\nL-EFF-4@2025-11-25: "seen \d{4}-\d\d-\d\d: left open 800 ms after the cancel; say why this is accepted"\n$/,
    );
    const next = await run([...CASES, ...update.slice(0, 2)]);
    expect(next.exitCode).toBe(0);
  });

  it('writes nothing where nothing could be established', async () => {
    const { exitCode, screen } = await run([
      ...['--url', 'http://127.0.0.1:1/mcp', '--known-failures', 'known.yml', '--update-known-failures'],
    ]);
    expect(exitCode).toBe(3);
    expect(screen).toMatch(/^known\.yml was not written: nothing could be established\.$/m);
    expect(() => read('known.yml')).toThrow(/ENOENT/);
  });

  it.each([
    [['--known-failures', 'bad.yml'], /^bad\.yml:2: this case is listed already; keep one line for each/],
    [['--known-failures', 'no.yml'], /^there are no known failures in no\.yml; create it, or let/],
    [['--update-known-failures'], /^--update-known-failures needs --known-failures <file>/],
    [['--known-failures'], /^option '--known-failures <file>' argument missing/],
  ])('ends with 2 and one line for %j', async (args, why) => {
    writeFileSync(join(dir, 'bad.yml'), 'L-EFF-4: x\nL-EFF-4: y\n');
    const { exitCode, screen } = await run(args);
    expect(exitCode).toBe(2);
    expect(screen).toMatch(why);
    expect(screen.trim().split('\n')).toHaveLength(1);
  });
});
