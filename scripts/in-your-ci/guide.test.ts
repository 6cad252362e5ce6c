import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { suiteVersion } from '../suite-version.ts';
import { readGuide } from './guide.ts';
import { recordNpm } from './record-npm.ts';
import { runScript } from './shell.ts';
import { ROOT, readAction, readWorkflow, type Step, stepEnv, steps } from './workflow.ts';

const guide = readGuide();
const action = readAction();
const short = readWorkflow(guide.short);
const complete = readWorkflow(guide.complete);
const ci = readWorkflow(readFileSync(`${ROOT}.github/workflows/ci.yml`, 'utf8'));
const workflows = { short, complete, ci };

/** What others' actions take, of what is used here. */
const THEIRS: Record<string, string[]> = {
  'actions/checkout@v4': ['repository', 'ref', 'path'],
  'actions/setup-node@v4': ['node-version', 'cache', 'cache-dependency-path'],
  'actions/upload-artifact@v4': ['name', 'path'],
  'mikepenz/action-junit-report@v5': ['check_name', 'report_paths'],
};

const isOurs = ({ uses = '' }: Step) => uses === './' || uses.includes('/mcp-cancellation-suite@');

describe('the workflows', () => {
  it.each(Object.entries(workflows))(
    '%s: say where each job runs, and how long it may take',
    (_, workflow) => {
      for (const job of Object.values(workflow.jobs))
        expect(job).toMatchObject({ 'runs-on': 'ubuntu-latest', 'timeout-minutes': expect.any(Number) });
      expect(workflow.permissions).toEqual({ contents: 'read', checks: 'write' });
    },
  );

  it.each(Object.entries(workflows))(
    '%s: give our action what it takes, and all that it needs',
    (_, workflow) => {
      for (const step of steps(workflow).filter(isOurs)) {
        expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
        for (const [name, { required }] of Object.entries(action.inputs))
          if (required) expect(step.with).toHaveProperty(name);
      }
    },
  );

  it('use the same actions of others everywhere, and give them what they take', () => {
    const all = [...Object.values(workflows).flatMap(steps), ...action.runs.steps];
    const theirs = all.filter((step) => step.uses && !isOurs(step));
    expect(new Set(theirs.map(({ uses }) => uses))).toEqual(new Set(Object.keys(THEIRS)));
    for (const { uses = '', with: given = {} } of theirs)
      expect(THEIRS[uses], uses).toEqual(expect.arrayContaining(Object.keys(given)));
  });

  it('let no expression into a script', () => {
    for (const { run = '' } of Object.values(workflows).flatMap(steps)) expect(run).not.toContain('${{');
  });
});

const scratch = mkdtempSync(join(tmpdir(), 'mcp-guide-'));
afterAll(() => rm(scratch, { recursive: true }));

/** The options that scripts give the runner, in no order, where npm and git do nothing. */
async function runnerOptions(scripts: string[], env: Record<string, string> = {}) {
  const temp = mkdtempSync(join(scratch, 'run-'));
  const npm = recordNpm(join(temp, 'bin'));
  const around = { ...process.env, GITHUB_ACTION_PATH: ROOT, GITHUB_OUTPUT: join(temp, 'output'), ...env };
  for (const script of scripts) {
    const { exitCode, screen } = await runScript(`git() { :; }\n${script}`, temp, {
      ...around,
      PATH: npm.path,
    });
    expect(screen).toBe('');
    expect(exitCode).toBe(0);
  }
  const calls = npm.calls().map(({ args }) => args);
  expect(calls.filter((args) => args[0] === 'ci')).toHaveLength(1);
  const args = calls.at(-1) ?? [];
  const given = args.slice(args.indexOf('--') + 1);
  return given.flatMap((option, at) => (at % 2 ? [] : `${option} ${given[at + 1]}`)).sort();
}

const scriptsOf = (some: Step[]) => some.flatMap(({ run }) => run ?? []);

describe('the guide', () => {
  it('names the tag of this version', () => {
    const tags = guide.section.match(/v\d+\.\d+\.\d+/g);
    expect(tags).toHaveLength(3);
    expect(new Set(tags)).toEqual(new Set([`v${suiteVersion()}`]));
  });

  it('tells the runner the same with the action, without it, and by the line of shell', async () => {
    const expected = [
      '--env-var slowArguments={"duration": "$seconds"}',
      '--env-var slowTool=my_slow_tool',
      '--reports mcp-cancellation-reports',
      '--start node server.js',
      '--url http://127.0.0.1:{port}/mcp',
    ];
    const runStep = action.runs.steps.find(({ id }) => id === 'run') ?? {};
    const given = steps(short).find(isOurs)?.with ?? {};
    const byAction = scriptsOf(action.runs.steps);
    expect(await runnerOptions(byAction, stepEnv(action, runStep, given))).toEqual(expected);
    expect(await runnerOptions(scriptsOf(steps(complete)))).toEqual(expected);
    expect(await runnerOptions([guide.line])).toEqual(expected);
  });

  it('keeps the same reports with the action, without it, and in GitLab', () => {
    const reports = action.inputs.reports?.default ?? '';
    const named = (some: Step[]) =>
      some.filter((step) => step.if === 'always()').map(({ uses, with: given }) => ({ uses, ...given }));
    const byAction = JSON.stringify(named(action.runs.steps)).replace(/\$\{\{ inputs\.[\w-]+ \}\}/g, reports);
    expect(named(steps(complete))).toEqual(JSON.parse(byAction));
    expect(named(steps(complete))).toHaveLength(2);
    expect(guide.gitlab).toContain(`paths: [${reports}]`);
    expect(guide.gitlab).toContain(`junit: ${reports}/*.xml`);
  });
});
