import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runMain } from '../runner/run-main.ts';
import { type RollCall, rollCall } from './roll-call.ts';

/** `--start`, as a user meets it; `target-life.test.ts` has what can happen to the command itself. */

const NEWMAN = fileURLToPath(new URL('../newman.ts', import.meta.url));
const SERVER = fileURLToPath(new URL('../../server/broken/ignores-cancel.ts', import.meta.url));
const SERVE = `exec "${process.execPath}" --import tsx "${SERVER}"`;
/** Not an MCP server, but it takes a while until that is seen. */
const SILENT = 'require("http").createServer(() => say("asked")).listen(process.env.PORT, "127.0.0.1");';
const OPEN = ['--url', 'http://127.0.0.1:{port}/mcp', '--env-var', 'slowTool=slow'];
const FIRST = ['--collection', 'mcp-cancellation'];

let dir: string;
let roll: RollCall;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-start-'));
  roll = await rollCall();
});
afterEach(async () => {
  await roll.close();
  await rm(dir, { recursive: true });
});

const log = () => readFileSync(join(dir, 'target.log'), 'utf8');

const run = (args: string[], onOutput?: (text: string) => void) =>
  runMain([...FIRST, ...args], {
    env: { PATH: process.env.PATH, MCP_AUTHORIZATION: 'Bearer secret' },
    reportsDir: dir,
    ...(onOutput ? { onOutput } : {}),
  });

/** The runner in a process of its own, which is not in the way where the test fails. */
function spawnRunner(...args: string[]): { child: ChildProcess; shown(text: string): Promise<void> } {
  const child = spawn(process.execPath, ['--import', 'tsx', NEWMAN, '--reports', dir, ...FIRST, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.on('data', (chunk) => {
    screen += chunk;
  });
  return {
    child,
    async shown(text) {
      while (!screen.includes(text)) await once(child.stdout, 'data');
    },
  };
}

describe('--start', () => {
  it('starts a target at a free port, and ends all of it when the run is over', async () => {
    const child = roll.command('child');
    const command = `${child} & echo "at $PORT<$MCP_AUTHORIZATION>"; ${SERVE}`;
    const { exitCode, screen } = await run(['--start', command, ...OPEN, '--case', 'S-INIT-1']);
    expect(screen).toMatch(/^starting: .* … listening after [\d.]+ m?s\n/);
    expect(screen).toMatch(/^Good: 1 of 1 case passes against http:\/\/127\.0\.0\.1:\d+\/mcp/m);
    expect(exitCode).toBe(0);
    const port = /127\.0\.0\.1:(\d+)/.exec(screen)?.[1];
    expect(log()).toContain(`at ${port}<>\n`);
    expect(log()).toContain(`listening on http://127.0.0.1:${port}/mcp`);
    await roll.gone();
  });

  it('ends it after a red run too, and says how to run a red case again', async () => {
    const command = `${roll.command('child')} & ${SERVE}`;
    const waitFor = ['--wait-for', 'http://127.0.0.1:{port}/healthz'];
    const { exitCode, screen } = await run([
      ...['--start', command, ...waitFor, ...OPEN],
      ...['--env-var', 'stateTool=state', '--env-var', 'settleMs=500', '--case', 'L-EFF-4'],
    ]);
    expect(exitCode).toBe(1);
    const again = screen.split('\n').find((line) => line.startsWith('  again '));
    expect(again).toContain(` --start '`);
    expect(again).toContain(
      `--wait-for 'http://127.0.0.1:{port}/healthz' --url 'http://127.0.0.1:{port}/mcp' --env-var slowTool=slow`,
    );
    await roll.gone();
  });

  it.each([
    ['ends before it answers', 'echo no database; exit 1', 3, /: no database; see .*target\.log\./],
    ['is no MCP server', undefined, 3, /does not answer initialize like an MCP server: HTTP 405/],
  ])('writes a report where the target %s', async (_what, command, code, why) => {
    const serve =
      'require("http").createServer((_, answer) => answer.writeHead(405).end()).listen(process.env.PORT);';
    const { exitCode, screen } = await run(['--start', command ?? roll.command('server', serve), ...OPEN]);
    expect(exitCode).toBe(code);
    expect(screen.replace(/\s+/g, ' ')).toMatch(why);
    expect(JSON.parse(readFileSync(join(dir, 'results.json'), 'utf8'))).toMatchObject({ exitCode: code });
    if (command === undefined) await roll.gone();
  });

  it('is red where the target ends in the middle of the run, and says so in one line', async () => {
    const started = ['--start', `echo $$; ${SERVE}`, ...OPEN];
    const cases = ['--case', 'S-*', '--case', 'L-RACE-1'];
    const { exitCode, screen } = await run([...started, ...cases], (text) => {
      if (text.includes('S-INIT-1')) process.kill(Number.parseInt(log(), 10), 'SIGKILL');
    });
    expect(exitCode).toBe(1);
    expect(screen).toMatch(/^Red: 3 of 4 cases/m);
    expect(screen.replace(/\s+/g, ' ')).toMatch(
      / - the target ended during the run \(SIGKILL\); see \S*target\.log/,
    );
  });
});

describe('whatever ends the runner', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 130],
    ['SIGHUP', 130],
    ['SIGKILL', null],
  ] as const)('%s while the target starts: it is ended', async (signal, code) => {
    const command = `${roll.command('child')} & ${roll.command('server')}`;
    const { child } = spawnRunner('--start', command, ...OPEN);
    const exited = once(child, 'exit');
    await Promise.all(['child', 'server'].map(roll.present));
    child.kill(signal);
    expect(await exited).toEqual([code, code === null ? signal : null]);
    await roll.gone();
  });

  it('a reader that goes away in the middle of the run: it is ended', async () => {
    const { child, shown } = spawnRunner('--start', `${roll.command('child')} & ${SERVE}`, ...OPEN);
    const exited = once(child, 'exit');
    await shown('listening after');
    child.stdout?.destroy();
    expect(await exited).toEqual([130, null]);
    await roll.gone();
  });

  it('SIGKILL in the middle of the run: it is ended', async () => {
    const { child } = spawnRunner(
      '--start',
      `${roll.command('child')} & ${roll.command('server', SILENT)}`,
      ...OPEN,
    );
    const exited = once(child, 'exit');
    const server = await roll.present('server');
    await server.said('asked');
    child.kill('SIGKILL');
    await exited;
    await roll.gone();
  });

  it('a second Ctrl-C, while the target takes its time to end: the guardian stays for it', async () => {
    const slow = 'process.on("SIGTERM", () => say("asked to end")); ';
    const { child } = spawnRunner('--start', roll.command('server', slow), ...OPEN);
    const exited = once(child, 'exit');
    const server = await roll.present('server');
    child.kill('SIGINT');
    await server.said('asked to end');
    child.kill('SIGINT');
    expect(await exited).toEqual([null, 'SIGINT']);
    process.kill(server.pid, 'SIGKILL');
    await roll.gone();
  });
});
