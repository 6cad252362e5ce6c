import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recordNpm } from './record-npm.ts';
import { runScript } from './shell.ts';
import { ROOT, readAction, type Step, stepEnv } from './workflow.ts';

const action = readAction();
const { steps } = action.runs;
const runStep = steps.find(({ id }) => id === 'run') as Step;
const script = runStep.run ?? '';

const names = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map((match) => match[1]))].sort();

describe('action.yml', () => {
  it('uses each input that it declares, and no other', () => {
    const used = names(JSON.stringify(steps), /inputs\.([\w-]+)/g);
    expect(used).toEqual(Object.keys(action.inputs).sort());
  });

  it('writes each output that it declares, and no other', () => {
    const written = names(script, /echo "([\w-]+)=.*GITHUB_OUTPUT/g);
    expect(written).toEqual(Object.keys(action.outputs).sort());
    for (const [name, { value }] of Object.entries(action.outputs))
      expect(value).toBe(`\${{ steps.run.outputs.${name} }}`);
  });

  it('hands its script each variable that the script reads, and the runner the authorization', () => {
    const given = Object.entries(runStep.env ?? {});
    const read = [...names(script, /\$\{?(INPUT_\w+)/g), 'MCP_AUTHORIZATION'];
    expect(given.map(([name]) => name).sort()).toEqual(read);
    for (const [name, value] of given)
      expect(value).toBe(
        `\${{ inputs.${name
          .replace(/^[A-Z]+_/, '')
          .replaceAll('_', '-')
          .toLowerCase()} }}`,
      );
  });

  it('lets no expression into a script, as it would be run', () => {
    for (const { run, shell } of steps.filter((step) => step.run)) {
      expect(run).not.toContain('${{');
      expect(shell).toBe('bash');
    }
  });

  it('keeps the reports however the run ends', () => {
    const after = steps.slice(steps.indexOf(runStep) + 1);
    expect(after.map((step) => step.uses?.split('@')[0])).toEqual([
      'actions/upload-artifact',
      'mikepenz/action-junit-report',
    ]);
    for (const step of after) expect(step.if).toBe('always()');
  });
});

const scratch = mkdtempSync(join(tmpdir(), 'mcp-action-'));
afterAll(() => rm(scratch, { recursive: true }));

/** A folder that stands for someone's workspace, and what GitHub sets around the script. */
function workspace(given: Record<string, string>) {
  const cwd = mkdtempSync(join(scratch, 'workspace '));
  const temp = mkdtempSync(join(scratch, 'temp '));
  const output = join(temp, 'output');
  const env = {
    ...process.env,
    ...stepEnv(action, runStep, given),
    GITHUB_ACTION_PATH: ROOT.replace(/\/$/, ''),
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: join(temp, 'summary.md'),
    RUNNER_TEMP: temp,
  };
  const outputs = () =>
    Object.fromEntries(
      readFileSync(output, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    );
  return { cwd, temp, env, outputs };
}

/** Runs the script with an npm that only writes down what it is given. */
async function record(given: Record<string, string>, exitCode = 0) {
  const { cwd, temp, env, outputs } = workspace(given);
  const npm = recordNpm(join(temp, 'bin'), exitCode);
  const ran = await runScript(script, cwd, { ...env, PATH: npm.path });
  return { ...ran, cwd, temp, outputs, called: () => npm.calls()[0] ?? { args: [], env: {} } };
}

const ENDPOINT = 'http://127.0.0.1:{port}/mcp';
const REPORTS = ['--reports', 'mcp-cancellation-reports'];
const newman = (...args: string[]) => [
  ...['--prefix', ROOT.replace(/\/$/, ''), 'run', '--silent', 'newman', '--'],
  ...args,
];

describe('the script of the action', () => {
  it('leaves out what is empty', async () => {
    const { called, screen, cwd } = await record({ url: ENDPOINT });
    expect(called().args).toEqual(newman('--url', ENDPOINT, ...REPORTS));
    expect(screen).toBe('');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('hands over every input as it is: quotes, spaces, and what a shell would run', async () => {
    const nasty = `it's "q" \\ \`touch x\` $(touch x) \${HOME} *; touch x # ü`;
    const { called, screen, cwd } = await record({
      url: `http://h/${nasty}`,
      start: `cd sub\n${nasty}\n`,
      'wait-for': nasty,
      variables: `slowTool=slow\nslowArguments={"duration": "$seconds"}\n\n  quickTool=${nasty}\n`,
      'known-failures': nasty,
      reports: nasty,
    });
    expect(called().args).toEqual(
      newman(
        ...['--url', `http://h/${nasty}`, '--reports', nasty],
        ...['--start', `cd sub\n${nasty}\n`],
        ...['--wait-for', nasty],
        ...['--known-failures', nasty],
        ...['--env-var', 'slowTool=slow'],
        ...['--env-var', 'slowArguments={"duration": "$seconds"}'],
        ...['--env-var', `  quickTool=${nasty}`],
      ),
    );
    expect(screen).toBe('');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('takes options as on a command line, but runs nothing in them', async () => {
    const { called } = await record({
      url: ENDPOINT,
      options: `--revision 2025-11-25 --folder "Cancel a call in flight"\n  --case L-* --case 'R-*' --env-var quickTool=$(touch x)\n`,
    });
    expect(called().args).toEqual(
      newman(
        ...['--url', ENDPOINT, ...REPORTS, '--revision', '2025-11-25', '--folder', 'Cancel a call in flight'],
        ...['--case', 'L-*', '--case', 'R-*', '--env-var', 'quickTool=$(touch', 'x)'],
      ),
    );
  });

  it('calls options that cannot be read wrong usage', async () => {
    const { exitCode, screen, outputs } = await record({ url: ENDPOINT, options: "--case 'L-*" });
    expect(exitCode).toBe(2);
    expect(screen).toMatch(/unmatched single quote/);
    expect(outputs()).toMatchObject({ 'exit-code': '2' });
  });

  it.each([0, 1, 2, 3])('ends as the run does, with %i, and says so', async (code) => {
    const { exitCode, outputs } = await record({ url: ENDPOINT, reports: 'some reports' }, code);
    expect(exitCode).toBe(code);
    expect(outputs()).toEqual({ 'exit-code': String(code), results: 'some reports/results.json' });
  });

  it('tells the run who it is, where no other process can read it', async () => {
    const secret = `Bearer it's "secret"`;
    const { called, screen } = await record({ url: ENDPOINT, authorization: secret });
    const { args, env } = called();
    expect(args).toEqual(newman('--url', ENDPOINT, ...REPORTS));
    expect(env.MCP_AUTHORIZATION).toBe(secret);
    expect(screen).toBe('');
  });

  it('runs the suite against a server', async () => {
    const seen: unknown[] = [];
    const server = http.createServer(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(403).end('who are you?');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const given = { url, authorization: 'Bearer secret', variables: 'slowTool=slow', reports: 'my reports' };
    const { cwd, env, outputs } = workspace(given);
    const { exitCode, screen } = await runScript(script, cwd, env);
    server.close();
    expect(screen).toMatch(/HTTP 403 who are you\?/);
    expect(screen).not.toContain('secret');
    expect(exitCode).toBe(3);
    expect(seen).toEqual(['Bearer secret']);
    const results = JSON.parse(readFileSync(join(cwd, outputs().results), 'utf8'));
    expect(results).toMatchObject({ exitCode: 3, target: { url } });
  });
});
