import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { main } from './main.ts';
import type { Preset } from './options.ts';
import type { Results } from './results.ts';

/** What a test can arrange around the runner. */
export interface Around {
  env?: NodeJS.ProcessEnv;
  onOutput?: (text: string) => void;
  signal?: AbortSignal;
  /** The folder of the reports; one that is removed with the test where none is given. */
  reportsDir?: string;
  preset?: Preset;
}

/** For tests: the runner as a user meets it, a command line in, an exit code, a screen and reports out. */
export async function runMain(
  args: string[],
  {
    env = {},
    onOutput = () => {},
    signal = new AbortController().signal,
    reportsDir = scratch(),
    preset,
  }: Around = {},
) {
  let screen = '';
  const write = (text: string) => {
    screen += text;
    onOutput(text);
  };
  const io = { env, out: { write, columns: 80 }, err: { write }, signal };
  const exitCode = await main(['--reports', reportsDir, ...args], io, preset);
  const files = existsSync(reportsDir) ? readdirSync(reportsDir) : [];
  const read = (file: string) => readFileSync(join(reportsDir, file), 'utf8');
  const results = (): Results => JSON.parse(read('results.json'));
  const cases = () => results().runs.flatMap((one) => one.cases);
  return { exitCode, screen, files, read, results, cases, reportsDir };
}

/** A folder that is removed with the test. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'mcp-reports-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

/** The options that set these variables. */
export function variables(...values: string[]): string[] {
  return values.flatMap((value) => ['--env-var', value]);
}
