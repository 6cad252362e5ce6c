import { spawn } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { start as startIgnoring } from '../../server/broken/ignores-cancel.ts';
import { start as startNeverEnding } from '../../server/broken/never-ends-stream.ts';
import { runMain, scratch, variables } from './run-main.ts';

/** The runner as a user meets it: a command line in, an exit code, a screen and reports out. */

const stops: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function target(start: typeof startIgnoring): Promise<string[]> {
  const server = await start();
  stops.push(() => server.close());
  return ['--url', server.url, ...variables('slowTool=slow', 'stateTool=state', 'settleMs=800')];
}

/** The first collection: the other one takes longer, and nothing here depends on which it is. */
const FIRST = ['--collection', 'mcp-cancellation'];

describe('npm run newman', () => {
  it('is green against the reference server, and writes every report', async () => {
    const { exitCode, screen, files, read, results } = await runMain(FIRST);
    expect(screen).toMatch(/^Good: 17 of 17 cases pass against/m);
    expect(exitCode).toBe(0);
    expect(files.sort()).toEqual([
      'index.html',
      'mcp-cancellation.html',
      'mcp-cancellation.xml',
      'results.json',
      'server.log',
    ]);
    const {
      totals,
      suite,
      runs,
      target: { server },
    } = results();
    expect(totals).toMatchObject({ cases: 17, pass: 17, red: 0, error: 0 });
    expect(totals.assertions).toBeGreaterThanOrEqual(40);
    expect(suite.name).toBe('mcp-cancellation-suite');
    expect(server?.name).toBe('mcp-cancellation-reference-server');
    const stopped = runs[0]?.cases.find(({ id }) => id === 'L-EFF-1');
    expect(stopped).toMatchObject({ verdict: 'pass', fate: 'error -32800', evidence: 'witness' });
    expect(read('mcp-cancellation.html')).toContain('notifications/cancelled');
    for (const line of screen.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('never uses an id twice in a session, however long a call takes', async () => {
    const args = [
      ...(await target(startIgnoring)),
      '--env-var',
      'intervalMs=150',
      ...FIRST,
      '--case',
      'L-ID-2',
    ];
    const { results } = await runMain(args);
    expect(results().runs[0]?.cases).toMatchObject([{ id: 'L-ID-2', verdict: 'pass' }]);
  });

  it.each([
    [['--url', 'nonsense'], /"nonsense" is not an address of an MCP endpoint/],
    [['--case', 'L-NOPE-1'], /there is no case "L-NOPE-1"; there are: .*S-INIT-1, /],
    [['--folder', 'Nope'], /there is no folder "Nope"; there are: .*"Session", /],
    [['--collection', 'nope'], /there is no collection "nope"; there are: .*"mcp-cancellation"/],
    [
      ['--folder', 'Session', '--case', 'L-EFF-1'],
      /no case is in all that --folder, --case and --revision name/,
    ],
    [['--environment', '/nowhere.json'], /the environment \/nowhere.json cannot be read/],
    [['--environment', fileURLToPath(import.meta.url)], /is no Postman environment/],
    [['--url', 'ftp://me:pass@x'], /^"ftp:\/\/\*\*\*@x" is not an address/],
    [['--dry-run', '--reports', '/dev/null/x'], /the reports cannot be written to \/dev\/null\/x/],
    [['--reports', '/dev/null/x'], /the reports cannot be written to \/dev\/null\/x/],
    [['--env-var', 'slowTol=x'], /there is no variable "slowTol"; there are: mcpUrl, /],
    [['--env-var', 'x'], /--env-var "x" is not name=value/],
    [['--start', 'serve'], /^--start does not say where the target is: add its address, such as --url http:/],
    [['--start', ' ', '--url', 'http://127.0.0.1:{port}/mcp'], /^--start is empty: give the command/],
    [['--start', 'serve', '--environment', 'any-server'], /^--start does not say where the target is/],
    [['--start', 'serve', '--env-var', 'mcpUrl={port}'], /^"\d+" is not an address of an MCP endpoint/],
    [['--wait-for', 'http://127.0.0.1:1/'], /^--wait-for does not say where the target is/],
    [['--wait-for', 'soon'], /^"soon" is not an address of anything to wait for/],
    [
      ['--url', 'http://127.0.0.1:{port}/mcp'],
      /^\{port\} is a port that the runner chooses .*: give --start/,
    ],
    [['--strict', 'very'], /Allowed choices are must, effect, should/],
    [['--timeout', '0'], /--timeout "0" is not a number of seconds above 0/],
    [['--timeout', '2147484'], /--timeout "2147484" is not a number of seconds .* at most 86400/],
    [['--reports', ''], /--reports is empty: name the folder/],
    [['--nope'], /unknown option '--nope'. See npm run newman -- --help/],
  ])('ends with 2 and one line for %j', async (args, why) => {
    const { exitCode, screen } = await runMain(args);
    expect(exitCode).toBe(2);
    expect(screen).toMatch(why);
    expect(screen.trim().split('\n')).toHaveLength(1);
  });

  it('runs what --case and --folder name, and lists it with --list', async () => {
    const { screen } = await runMain([
      '--list',
      ...FIRST,
      '--folder',
      'Races',
      '--case',
      'L-RACE-*',
      '--case',
      'L-EFF-1',
    ]);
    expect(screen.match(/[A-Z]-[A-Z]+-\d+/g)).toEqual(['L-RACE-1', 'L-RACE-5', 'L-RACE-7', 'L-RACE-3']);
    const { exitCode, results } = await runMain(['--case', 'S-INIT-*'], { env: {} });
    expect(exitCode).toBe(0);
    expect(results().runs[0]?.cases.map(({ id }) => id)).toEqual(['S-INIT-1', 'S-INIT-2']);
  });

  it('asks for the revisions that are named, in a run each', async () => {
    const named = [
      '--collection',
      'mcp-cancellation',
      '--revision',
      '2025-03-26',
      '--revision',
      '2025-06-18',
      '--case',
      'S-INIT-1',
    ];
    expect((await runMain(['--list', ...named])).screen).toMatch(/^S-INIT-1 +MUST +all +Initialize +https:/m);
    const { exitCode, screen, results } = await runMain(named);
    expect(exitCode).toBe(0);
    expect(results().runs.map(({ revision }) => revision)).toEqual(['2025-03-26', '2025-06-18']);
    expect(results().again.narrowedBy).toEqual(['--collection', '--revision']);
    for (const { revision, cases } of results().runs)
      expect(cases[0]?.transcript).toContain(`"protocolVersion":"${revision}"`);
    expect(screen).toMatch(/^2 cases in .* \(run two at a time\)\.$/m);
  });

  it('keeps secrets and session ids out of every report', async () => {
    const server = await startNeverEnding();
    stops.push(() => server.close());
    const secrets = new Set(['top-secret-token', 'hidden-api-key']);
    // The ids as they were on the wire: the server runs in this process.
    const watch = (event: unknown) => {
      const { request } = event as { request: http.IncomingMessage };
      const id = request.headers['mcp-session-id'];
      if (request.socket.localPort === Number(new URL(server.url).port) && id) secrets.add(String(id));
    };
    diagnostics.subscribe('http.server.request.start', watch);
    stops.push(async () => diagnostics.unsubscribe('http.server.request.start', watch));
    const { files, read } = await runMain([
      ...[...FIRST, '--url', server.url, '--case', 'L-EFF-4', '--case', 'S-*'],
      ...variables('slowTool=slow', 'settleMs=500', 'authorization=Bearer top-secret-token'),
      ...variables('headers={"X-Api-Key":"hidden-api-key"}'),
    ]);
    expect(files).toContain('mcp-cancellation.html');
    // Four cases with a session each, one more for what was left open, and the preflight's.
    expect(secrets.size).toBe(2 + 6);
    for (const file of files)
      for (const secret of secrets) expect(read(file).includes(secret), `${secret} in ${file}`).toBe(false);
    expect(read('mcp-cancellation.html')).toContain('***');
  });

  it('takes away its own old reports, and nothing else', async () => {
    const dir = scratch();
    for (const file of ['mcp-cancellation.html', 'pom.xml', 'app.log']) writeFileSync(join(dir, file), 'old');
    await runMain(['--url', 'http://127.0.0.1:1/mcp', '--reports', dir]);
    expect(readdirSync(dir).sort()).toEqual(['app.log', 'index.html', 'pom.xml', 'results.json']);
  });

  it('writes a step summary and annotations in GitHub Actions', async () => {
    const summary = join(scratch(), 'summary.md');
    const args = [...(await target(startNeverEnding)), ...FIRST, '--case', 'L-EFF-4'];
    const { screen } = await runMain(args, { env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary } });
    expect(screen.match(/^::error title=.*L-EFF-4/gm)).toHaveLength(1);
    expect(readFileSync(summary, 'utf8')).toMatch(/L-EFF-4/);
    // The log ends with the verdict, and what to do.
    expect(screen.indexOf('::error')).toBeLessThan(screen.search(/^Red: 1 of 1 case /m));
    expect(screen).toMatch(/index\.html\n$/);
  });

  it('keeps its exit code where there is no place for the step summary', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: '/nowhere/summary.md' };
    const { exitCode, screen } = await runMain([...FIRST, '--case', 'S-INIT-1'], { env });
    expect(exitCode).toBe(0);
    expect(screen).toMatch(/^the step summary cannot be written: ENOENT/m);
  });

  it('tells what it came to where its reports cannot be written in the end', async () => {
    const reportsDir = scratch();
    const { exitCode, screen } = await runMain([...FIRST, '--case', 'S-INIT-1'], {
      reportsDir,
      onOutput: (text) => void (text.startsWith('pass') && mkdirSync(join(reportsDir, 'index.html'))),
    });
    expect(exitCode).toBe(2);
    expect(screen).toMatch(/^Good: 1 of 1 case passes/m);
    expect(screen).toMatch(/^the reports cannot be written to .*: EISDIR/m);
  });

  it('says in one line that a log cannot be written', async () => {
    for (const [log, args] of [
      ['server.log', []],
      ['target.log', ['--start', 'serve', '--url', 'http://127.0.0.1:{port}/mcp']],
      ['target.log', ['--dry-run', '--start', 'serve', '--url', 'http://127.0.0.1:{port}/mcp']],
    ] as const) {
      const reportsDir = scratch();
      mkdirSync(join(reportsDir, log));
      const { exitCode, screen } = await runMain([...args], { reportsDir });
      expect(exitCode).toBe(2);
      expect(screen.replace(/\s+/g, ' ')).toMatch(/the reports cannot be written to .*: EISDIR/);
    }
  });

  it('runs nothing where it was interrupted before it began', async () => {
    const { exitCode, screen } = await runMain([], { signal: AbortSignal.abort() });
    expect(exitCode).toBe(3);
    expect(screen).toMatch(/interrupted before it began/);
  });

  it('leaves nothing running after Ctrl-C', async () => {
    const reportsDir = scratch();
    const newman = fileURLToPath(new URL('../newman.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', newman, ...FIRST, '--reports', reportsDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let screen = '';
    child.stdout.on('data', (chunk) => {
      if (screen.includes('S-INIT-1')) return;
      screen += chunk;
      if (screen.includes('S-INIT-1')) child.kill('SIGINT');
    });
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    const log = readFileSync(join(reportsDir, 'server.log'), 'utf8');
    const { url, pid } = JSON.parse(log.split('\n')[0] ?? '');
    await expect(fetch(url)).rejects.toThrow();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
