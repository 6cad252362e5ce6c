import { createRequire } from 'node:module';
import { expect } from 'vitest';
import type { CaseRecord } from '../../collections/src/lib/record.ts';
import { type EnvironmentJson, getValue, loadEnvironment } from './environment.ts';
import { planJobs } from './jobs.ts';
import { type Preset, parseOptions } from './options.ts';
import { type Planned, planRuns } from './plan.ts';
import { runCollection } from './run.ts';

const require = createRequire(import.meta.url);
// From the package that the runtime itself uses, as its scripts are instances of that version's classes.
const runtimePath = require.resolve('postman-runtime-current');
const { Collection, VariableScope } = createRequire(runtimePath)('postman-collection');
const { Runner } = require('postman-runtime-current');

interface TestResult {
  error?: Error;
  result?: { _variables?: { values: { all(): Array<{ key: string; value: string }> } } };
}

function runOnCurrentRuntime(planned: Planned, environment: EnvironmentJson): Promise<CaseRecord[]> {
  const records: CaseRecord[] = [];
  return new Promise((resolve, reject) => {
    const options = { environment: new VariableScope(environment) };
    new Runner().run(
      new Collection(planned.collection),
      options,
      (error: Error | null, run: { start(callbacks: object): void }) => {
        if (error) return reject(error);
        return run.start({
          exception: (_cursor: unknown, thrown: Error) => reject(thrown),
          test: (_error: unknown, _cursor: unknown, results: TestResult[]) => {
            for (const { error: thrown, result } of results) {
              if (thrown) reject(thrown);
              const found = result?._variables?.values.all().find(({ key }) => key === 'mcp.record');
              if (found) records.push(JSON.parse(found.value));
            }
          },
          done: (failed: Error | null) => (failed ? reject(failed) : resolve(records)),
        });
      },
    );
  });
}

/** For tests: what a collection comes to with Newman, and with the runtime of the current Postman app. */
export async function bothRuntimes(collection: string, args: string[], url: string, preset?: Preset) {
  const options = parseOptions(['--collection', collection, ...args], {}, preset);
  if (!options) throw new Error('no options');
  const collections = await planRuns(options, false);
  const environment = await loadEnvironment(
    { ...options, variables: { ...options.variables, mcpUrl: url } },
    undefined,
  );
  const parts = planJobs(collections, getValue(environment, 'protocolVersion')).flatMap((run) => run.parts);
  const newman: CaseRecord[] = [];
  const current: CaseRecord[] = [];
  await Promise.all(
    parts.map(async (part) => {
      const outcome = await runCollection(part, environment, { timeoutMs: 120_000 });
      expect(outcome.problems).toEqual([]);
      newman.push(...outcome.records);
      current.push(...(await runOnCurrentRuntime(part, environment)));
    }),
  );
  const verdicts = (records: CaseRecord[]) =>
    [...records]
      .sort((a, b) => a.case.localeCompare(b.case))
      .map(({ case: id, verdict, red, fate, evidence, checks }) => {
        return {
          id,
          verdict,
          red,
          fate,
          evidence,
          checks: checks.map((check) => [check.title, check.verdict]),
        };
      });
  return {
    ids: collections.flatMap(({ expected }) => expected).sort((a, b) => a.localeCompare(b)),
    newman: verdicts(newman),
    current: verdicts(current),
  };
}
