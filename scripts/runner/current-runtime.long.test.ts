import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CaseRecord } from '../../collections/src/lib/record.ts';
import { start as startNeverEnding } from '../../server/broken/never-ends-stream.ts';
import { type EnvironmentJson, getValue, loadEnvironment } from './environment.ts';
import { planJobs } from './jobs.ts';
import { parseOptions } from './options.ts';
import { type Planned, planRuns } from './plan.ts';
import { runCollection } from './run.ts';
import { startServer } from './target.ts';

/** Newman 6 is two years behind the Postman app: the collections have to come to the same verdicts in both. */

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

async function bothRuntimes(collection: string, args: string[], url: string) {
  const options = parseOptions(['--collection', collection, ...args], {});
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

describe('the collections on the current postman-runtime', () => {
  it.each([['mcp-cancellation'], ['conformance-2025'], ['walkthrough']])(
    'come to the same verdicts as with Newman against the reference server: %s',
    async (collection) => {
      const logs = mkdtempSync(join(tmpdir(), 'mcp-runtime-'));
      const server = await startServer(join(logs, 'server.log'));
      try {
        const args = ['--revision', '2025-11-25'];
        const { ids, newman, current } = await bothRuntimes(collection, args, server.url);
        expect(current).toEqual(newman);
        expect(current.map(({ id }) => id)).toEqual(ids);
      } finally {
        await server.stop();
        rmSync(logs, { recursive: true });
      }
    },
  );

  it('come to the same verdicts against a server that leaves streams open', async () => {
    const server = await startNeverEnding();
    try {
      const cases = ['L-EFF-1', 'L-EFF-4', 'L-RACE-3', 'R-FILE-1'].flatMap((id) => ['--case', id]);
      const variables = ['fileTool=', 'settleMs=500'].flatMap((text) => ['--env-var', text]);
      const { newman, current } = await bothRuntimes(
        'mcp-cancellation',
        [...cases, ...variables],
        server.url,
      );
      expect(current).toEqual(newman);
      expect(current.filter(({ red }) => red).map(({ id }) => id)).toEqual(['L-EFF-4']);
    } finally {
      await server.close();
    }
  });
});
