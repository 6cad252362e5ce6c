import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Results } from '../runner/results.ts';
import { processes } from '../start/processes.ts';
import { suiteVersion } from '../suite-version.ts';
import { readGuide } from './guide.ts';
import { type Ran, runScript } from './shell.ts';
import { ROOT, readAction, readWorkflow, type Step, stepEnv, steps } from './workflow.ts';

/** What the guide says is done as it stands there, in a repository of someone else. */

const OWN_SERVER = fileURLToPath(new URL('own-server.js', import.meta.url));
const SUITE = 'https://github.com/OWNER/mcp-cancellation-suite';
const TAG = `v${suiteVersion()}`;
/** An installation and a run, on a machine that has other things to do. */
const TIMEOUT_MS = 600_000;

const guide = readGuide();
const scratch = mkdtempSync(join(tmpdir(), 'mcp-guide-'));
const origin = join(scratch, 'suite.git');
afterAll(() => rm(scratch, { recursive: true }), TIMEOUT_MS);

/** The suite as it stands here, committed or not, becomes what the address of the guide leads to. */
beforeAll(() => {
  const git = (...args: string[]) =>
    execFileSync('git', ['--git-dir', origin, '--work-tree', ROOT, ...args], { stdio: 'pipe' });
  git('init', '--quiet');
  git('add', '--all');
  git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message', TAG);
  git('tag', TAG);
});

const env: NodeJS.ProcessEnv = {
  ...process.env,
  GITHUB_ACTIONS: 'true',
  GITHUB_STEP_SUMMARY: join(scratch, 'summary.md'),
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: `url.file://${origin}.insteadOf`,
  GIT_CONFIG_VALUE_0: SUITE,
};

/** A repository with a server of someone's own, as it is checked out in CI. */
function checkout(): string {
  const folder = mkdtempSync(join(scratch, 'own-'));
  cpSync(OWN_SERVER, join(folder, 'server.js'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "own-server", "type": "module" }');
  return folder;
}

/** What everyone is promised, however the suite came. */
async function expectVerdict(folder: string, { exitCode, screen, group }: Ran): Promise<void> {
  expect(exitCode, screen).toBe(0);
  const reports = join(folder, 'mcp-cancellation-reports');
  const files = readdirSync(reports);
  expect(files).toEqual(expect.arrayContaining(['index.html', 'mcp-cancellation.xml', 'target.log']));
  expect(readFileSync(join(reports, 'mcp-cancellation.xml'), 'utf8')).toContain('<testcase');
  const results: Results = JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8'));
  expect(results).toMatchObject({ exitCode: 0, target: { server: { name: 'own-server' } } });
  const ended = results.runs.flatMap(({ cases }) => cases.filter(({ id }) => id === 'L-EFF-4'));
  expect(ended).toContainEqual(expect.objectContaining({ verdict: 'pass' }));
  const pid = Number(/pid (\d+)/.exec(readFileSync(join(reports, 'target.log'), 'utf8'))?.[1]);
  const left = () => processes().filter((one) => one.pid === pid || one.group === group);
  // The compiler that runs beside our scripts ends a moment after them.
  await expect.poll(left, { timeout: 10_000 }).toEqual([]);
}

/** Checks the suite out, as `actions/checkout` and the runner of GitHub do. */
function clone(address: string, ref: string, folder: string): string {
  execFileSync('git', ['clone', '--quiet', '--depth', '1', '--branch', ref, address, folder], {
    env,
    stdio: 'pipe',
  });
  return folder;
}

async function install(script: string, folder: string, around = env): Promise<void> {
  const { exitCode, screen } = await runScript(script, folder, around);
  expect(exitCode, screen).toBe(0);
}

it('comes to a verdict by the line of shell', { timeout: TIMEOUT_MS }, async () => {
  const folder = checkout();
  await expectVerdict(folder, await runScript(guide.line, folder, env));
});

it('comes to a verdict by the complete workflow', { timeout: TIMEOUT_MS }, async () => {
  const folder = checkout();
  const all = steps(readWorkflow(guide.complete));
  const { repository, ref, path } = all.find((step) => step.with?.repository)?.with ?? {};
  clone(`https://github.com/${repository}`, String(ref), join(folder, String(path)));
  const [first = '', second = ''] = all.flatMap((step) => step.run ?? []);
  await install(first, folder);
  await expectVerdict(folder, await runScript(second, folder, env));
});

it('comes to a verdict by the action', { timeout: TIMEOUT_MS }, async () => {
  const folder = checkout();
  const temp = mkdtempSync(join(scratch, 'runner-'));
  const used = steps(readWorkflow(guide.short)).find(({ uses }) => uses?.startsWith('OWNER/'));
  const [repository, ref = ''] = used?.uses?.split('@') ?? [];
  const around = {
    ...env,
    GITHUB_ACTION_PATH: clone(`https://github.com/${repository}`, ref, join(temp, 'suite')),
    GITHUB_OUTPUT: join(temp, 'output'),
    RUNNER_TEMP: temp,
  };
  const action = readAction();
  const [first, second] = action.runs.steps.filter((step) => step.run) as [Step, Step];
  await install(first.run ?? '', folder, around);
  // The other two run all there is.
  const given = { ...used?.with, options: '--collection mcp-cancellation' };
  const ran = await runScript(second.run ?? '', folder, { ...around, ...stepEnv(action, second, given) });
  await expectVerdict(folder, ran);
});
