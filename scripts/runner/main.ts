import { join } from 'node:path';
import { startOffering } from '../applications/start.ts';
import { openKnownFailures } from '../known-failures/open.ts';
import { prepareTarget } from '../start/prepare-target.ts';
import { runCommand } from './command-line.ts';
import { dryRun } from './dry-run.ts';
import { getValue, loadEnvironment, setValue } from './environment.ts';
import { Failure } from './failure.ts';
import { provideHangUpProxy } from './hang-up.ts';
import { listCases } from './list.ts';
import { type Options, type Preset, parseOptions } from './options.ts';
import { collectionNames, planRuns } from './plan.ts';
import { type Io, shownFolder } from './screen.ts';
import { testTarget } from './test-target.ts';
import { clearReports, makeReportsFolder } from './write-reports.ts';

/**
 * The whole of `npm run newman`: options, target, preflight, run, reports.
 * @param argv the command line behind the program's name
 * @param preset where the command stands for one target: what it is called, and the options that it stands for
 * @returns the exit code: 0 good; 1 red; 2 wrong usage or configuration; 3 nothing could be established
 */
export function main(argv: string[], io: Io, preset?: Preset): Promise<number> {
  return runCommand(io, async () => {
    const options = parseOptions(argv, io.env, preset);
    return options ? run(options, io) : 0;
  });
}

async function run(options: Options, io: Io): Promise<number> {
  const { reportsDir } = options;
  const url = options.url ?? options.variables.mcpUrl;
  const own = url === undefined && options.environment === undefined;
  const planned = await planRuns(options, !own && options.environment !== 'reference');
  if (options.list) {
    io.out.write(listCases(planned));
    return 0;
  }
  const environment = await loadEnvironment(options, url);
  const known = await openKnownFailures(options, io.env);
  const life = await prepareTarget(options, environment, own, io.env, shownFolder(io, reportsDir));
  if (options.dryRun) await makeReportsFolder(reportsDir);
  else await clearReports(reportsDir, await collectionNames());
  const server = own ? await startOffering(options.tools, join(reportsDir, 'server.log'), io) : undefined;
  let hangUpProxy: Awaited<ReturnType<typeof provideHangUpProxy>>;
  try {
    if (server) setValue(environment, 'mcpUrl', server.url);
    hangUpProxy = await provideHangUpProxy(environment);
    for (const name of ['mcpUrl', 'hangUpUrl']) bypassProxy(getValue(environment, name));
    if (io.signal?.aborted) throw new Failure(3, 'the run was interrupted before it began');
    return options.dryRun
      ? await dryRun(io, planned, environment, life)
      : await testTarget(options, io, planned, environment, life, known);
  } finally {
    await hangUpProxy?.close();
    await server?.stop();
    const left = await life?.stop();
    if (left !== undefined) io.err.write(`${left}\n`);
  }
}

/** Newman would send even what stays on this machine to the proxy that `HTTP_PROXY` names. */
export function bypassProxy(url: string): void {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (!/^(127\.|localhost$|\[::1\]$)/.test(host)) return;
  for (const name of ['NO_PROXY', 'no_proxy'])
    process.env[name] = [process.env[name], host].filter(Boolean).join(',');
}
