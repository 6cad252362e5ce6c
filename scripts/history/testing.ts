import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { red } from '../report/fixture.ts';
import { tally } from '../report/verdict.ts';
import type { CaseResult, Results } from '../runner/results.ts';
import { scratch } from '../runner/run-main.ts';
import { main } from './main.ts';

/** The options of whoever lets nothing become worse. */
export const ratchet = ['--compare', 'old.json', '--exit-code'];

const [, run] = red.runs;
const passed = run?.cases[1];

/** A case that passes, but for what is said of it. */
export function one(id: string, more: Partial<CaseResult> = {}): CaseResult {
  return { ...(passed as CaseResult), id, title: `${id} A rule`, ...more };
}

/** A case that breaks a MUST. */
export function broken(id: string, more: Partial<CaseResult> = {}): CaseResult {
  const checks = one(id).checks.map((check) => ({
    ...check,
    verdict: 'fail' as const,
    observed: 'no answer',
  }));
  return one(id, { verdict: 'fail', red: true, checks, ...more });
}

/** The results of a run of these cases, each of them in each of the revisions. */
export function resultsOf(
  cases: CaseResult[],
  more: Partial<Results> = {},
  revisions = ['2025-11-25'],
): Results {
  const runs = revisions.map((revision) => ({
    ...{ collection: 'conformance-2025', revision, lag: false, durationMs: 10, waitMs: 0, cases },
  }));
  const exitCode = cases.some((of) => of.red) ? 1 : 0;
  return { ...red, exitCode, runs, totals: { ...tally(runs), assertions: 1 }, ...more };
}

/**
 * For tests: `npm run report` as a user meets it, in a folder of its own where `reports/results.json` and `old.json`
 * are.
 */
export async function report(now: unknown, old: unknown, args: string[] = ['--compare', 'old.json']) {
  const dir = scratch();
  mkdirSync(join(dir, 'reports'));
  const write = (file: string, value: unknown) =>
    writeFileSync(join(dir, file), typeof value === 'string' ? value : JSON.stringify(value));
  write('reports/results.json', now);
  write('old.json', old);
  for (const file of ['conformance-2025.html', 'conformance-2025.xml']) write(`reports/${file}`, '');
  const told = { out: '', err: '' };
  const exitCode = await main(['--reports', 'reports', ...args], {
    env: { INIT_CWD: dir },
    out: { columns: 80, write: (text) => (told.out += text) },
    err: { write: (text) => (told.err += text) },
  });
  const read = (file: string) => readFileSync(join(dir, file), 'utf8');
  return { ...told, exitCode, read, dir };
}
