/**
 * Measures the targets that come along and writes the table of what they came to into reports/README.md;
 * with `--check` it writes nothing, and ends with 1 where the table says something else.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from './runner/main.ts';
import type { Results } from './runner/results.ts';
import { betweenMarks, differences, type Measured, targetsTable } from './targets/table.ts';
import { TARGETS, type Target, versionOf } from './targets/targets.ts';

const README = fileURLToPath(new URL('../reports/README.md', import.meta.url));

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interrupt.abort());

/** @returns undefined where it was interrupted */
async function measure(target: Target): Promise<Measured | undefined> {
  const reports = await mkdtemp(join(tmpdir(), 'mcp-targets-'));
  try {
    await main([...target.options, '--reports', reports], {
      env: { INIT_CWD: process.cwd(), PATH: process.env.PATH, HOME: process.env.HOME },
      out: { write: () => {}, columns: 80 },
      err: process.stderr,
      signal: interrupt.signal,
    });
    if (interrupt.signal.aborted) return undefined;
    const results: Results = JSON.parse(await readFile(join(reports, 'results.json'), 'utf8'));
    if (results.runs.length === 0) throw new Error(`${target.name}: ${results.problems.join('; ')}`);
    const { cases, red, error } = results.totals;
    console.log(
      `${target.name} ${versionOf(target)}: ${cases} cases, ${red} red, ${error} errors, exit code ${results.exitCode}`,
    );
    return { title: target.title, version: versionOf(target), results };
  } finally {
    await rm(reports, { recursive: true });
  }
}

const measured: Measured[] = [];
for (const target of TARGETS) {
  const one = await measure(target);
  if (!one) process.exit(130);
  measured.push(one);
}
const before = await readFile(README, 'utf8');
const after = betweenMarks(before, targetsTable(measured));
if (process.argv.includes('--check')) {
  const wrong = differences(before, after);
  for (const line of wrong) console.log(line);
  console.log(wrong.length === 0 ? 'The table in reports/README.md is right.' : 'Run npm run targets.');
  process.exit(wrong.length === 0 ? 0 : 1);
}
await writeFile(README, after);
console.log('Written: reports/README.md');
// What a target leaves open must not keep this alive.
process.exit(0);
