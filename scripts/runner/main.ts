import { appendFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import pc from 'picocolors';
import type { Strict } from '../../collections/src/lib/record.ts';
import { suiteVersion } from '../collections/build.ts';
import { inRepository, type OpenKnownFailures, openKnownFailures } from '../known-failures/open.ts';
import { errorAnnotations, stepSummary } from '../report/github.ts';
import { terminalSummary } from '../report/terminal.ts';
import { wrap } from '../report/text.ts';
import { getValue, loadEnvironment, setValue } from './environment.ts';
import { Failure } from './failure.ts';
import { provideHangUpProxy } from './hang-up.ts';
import { planJobs } from './jobs.ts';
import { Secrets } from './mask.ts';
import type { MergedOutcome } from './merge.ts';
import { type Options, parseOptions, targetOptions } from './options.ts';
import { combine } from './outcome.ts';
import { collectionNames, items, type PlannedCollection, planRuns } from './plan.ts';
import { preflight } from './preflight.ts';
import { createProgress, type Screen } from './progress.ts';
import type { Results } from './results.ts';
import { runAll } from './run-all.ts';
import { startServer } from './target.ts';
import { clearReports, writeReports } from './write-reports.ts';

export interface Io {
  env: NodeJS.ProcessEnv;
  out: Screen;
  err: { write(text: string): unknown };
  /** Ends the run early; everything that was started is stopped before `main` returns. */
  signal?: AbortSignal;
}

/**
 * The whole of `npm run newman`: options, target, preflight, run, reports.
 * @param argv the command line behind the program's name
 * @returns the exit code: 0 good; 1 red; 2 wrong usage or configuration; 3 nothing could be established
 */
export async function main(argv: string[], io: Io): Promise<number> {
  try {
    const options = parseOptions(argv, io.env);
    return options ? await test(options, io) : 0;
  } catch (error) {
    // Anything but a Failure is a mistake of ours: its stack is for whoever mends it, and it is no red.
    io.err.write(`${error instanceof Failure ? error.message : (error as Error).stack}\n`);
    return error instanceof Failure ? error.exitCode : 3;
  }
}

async function test(options: Options, io: Io): Promise<number> {
  const url = options.url ?? options.variables.mcpUrl;
  const own = url === undefined && options.environment === undefined;
  const planned = await planRuns(options, !own && options.environment !== 'reference');
  if (options.list) {
    io.out.write(planned.map(list).join('\n'));
    return 0;
  }
  const environment = await loadEnvironment(options, url);
  const known = await openKnownFailures(options, io.env);
  const { reportsDir } = options;
  await clearReports(reportsDir, await collectionNames());
  const server = own ? await startServer(join(reportsDir, 'server.log')) : undefined;
  let hangUpProxy: Awaited<ReturnType<typeof provideHangUpProxy>>;
  try {
    if (server) setValue(environment, 'mcpUrl', server.url);
    hangUpProxy = await provideHangUpProxy(environment);
    for (const name of ['mcpUrl', 'hangUpUrl']) bypassProxy(getValue(environment, name));
    if (io.signal?.aborted) throw new Failure(3, 'the run was interrupted before it began');
    return await report(options, io, planned, environment, known);
  } finally {
    await hangUpProxy?.close();
    await server?.stop();
  }
}

async function report(
  options: Options,
  io: Io,
  planned: PlannedCollection[],
  environment: Awaited<ReturnType<typeof loadEnvironment>>,
  known: OpenKnownFailures,
): Promise<number> {
  const { reportsDir } = options;
  const started = new Date();
  const context = {
    suite: { name: 'mcp-cancellation-suite', version: suiteVersion() },
    startedAt: started.toISOString(),
    strict: (getValue(environment, 'strict') || 'effect') as Strict,
  };
  const finish = async (
    server: Results['target']['server'],
    outcomes: MergedOutcome[],
    failure?: Failure,
  ) => {
    const target = { url: getValue(environment, 'mcpUrl'), server };
    const durationMs = Date.now() - started.getTime();
    const problems = failure ? [failure.message] : [];
    const combined = combine(outcomes, { ...context, target, durationMs, problems });
    if (failure) combined.exitCode = failure.exitCode;
    const { results, written } = await known.settle(combined);
    // The records are masked already; what a target answered to the preflight is not.
    const secrets = Secrets.of(environment);
    secrets.maskDeep(results);
    await writeReports(reportsDir, results, outcomes);
    await tell(results, io, reportsDir, secrets.maskDeep(targetOptions(options)));
    if (written) io.out.write(`${wrap(secrets.mask(written), io.out.columns || 80).join('\n')}\n`);
    return results.exitCode;
  };

  let server: Results['target']['server'];
  try {
    server = await preflight(environment, io.signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return finish(null, [], error);
  }
  const runs = planJobs(planned, getValue(environment, 'protocolVersion'));
  const total = runs.reduce((sum, run) => sum + run.planned.expected.length, 0);
  const progress = createProgress(io.out, useColor(io), total, known.lists);
  const outcomes = await runAll(runs, environment, {
    timeoutMs: options.timeoutMs,
    ...(io.signal ? { signal: io.signal } : {}),
    watch: progress.watch,
  });
  progress.stop();
  return finish(server, outcomes);
}

async function tell(results: Results, io: Io, reportsDir: string, given: string[]): Promise<void> {
  const near = relative(io.env.INIT_CWD ?? process.cwd(), reportsDir) || '.';
  const shown = near.startsWith('..') ? reportsDir : near;
  io.out.write(
    `\n${terminalSummary(results, { color: useColor(io), columns: io.out.columns || 80, reportsDir: shown, given })}`,
  );
  if (io.env.GITHUB_ACTIONS !== 'true') return;
  for (const line of errorAnnotations(results, given, (file) => inRepository(file, io.env)))
    io.out.write(`${line}\n`);
  if (io.env.GITHUB_STEP_SUMMARY) await appendFile(io.env.GITHUB_STEP_SUMMARY, stepSummary(results));
}

/** Newman would send even what stays on this machine to the proxy that `HTTP_PROXY` names. */
export function bypassProxy(url: string): void {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (!/^(127\.|localhost$|\[::1\]$)/.test(host)) return;
  for (const name of ['NO_PROXY', 'no_proxy'])
    process.env[name] = [process.env[name], host].filter(Boolean).join(',');
}

function list({ name, title, collection, revisions }: PlannedCollection): string {
  const lines = collection.item.map((item) =>
    [`  ${item.name}`, ...(item.item ? items(item).map((one) => `    ${one.name}`) : [])].join('\n'),
  );
  const where = revisions.length > 0 ? `, in ${revisions.join(', ')}` : '';
  return `${name} (${title})${where}\n${lines.join('\n')}\n`;
}

function useColor({ env, out }: Io): boolean {
  if (env.NO_COLOR) return false;
  return Boolean(env.FORCE_COLOR) || (out.isTTY === true && pc.isColorSupported);
}
