import { appendFile } from 'node:fs/promises';
import type { Strict } from '../../collections/src/lib/record.ts';
import { inRepository, type OpenKnownFailures } from '../known-failures/open.ts';
import { type Preflight, preflight } from '../preflight/preflight.ts';
import { errorAnnotations, stepSummary } from '../report/github.ts';
import { terminalSummary } from '../report/terminal.ts';
import { visible, wrap } from '../report/text.ts';
import { lostTarget } from '../start/lost-target.ts';
import type { TargetLife } from '../start/target-life.ts';
import { suiteVersion } from '../suite-version.ts';
import { type EnvironmentJson, getValue, resolveVariables } from './environment.ts';
import { Failure } from './failure.ts';
import { planJobs } from './jobs.ts';
import { Secrets } from './mask.ts';
import type { MergedOutcome } from './merge.ts';
import type { Options } from './options.ts';
import { combine } from './outcome.ts';
import type { PlannedCollection } from './plan.ts';
import { createProgress } from './progress.ts';
import type { Results } from './results.ts';
import { runAll } from './run-all.ts';
import { type Io, inert, inGitHubActions, shownFolder, useColor } from './screen.ts';
import { writeReports } from './write-reports.ts';

/**
 * Starts the target where that is asked for, looks at it, runs the cases against it, and reports.
 * @returns the exit code
 */
export async function testTarget(
  options: Options,
  io: Io,
  planned: PlannedCollection[],
  environment: EnvironmentJson,
  life: TargetLife | undefined,
  known: OpenKnownFailures,
): Promise<number> {
  const { reportsDir } = options;
  const started = new Date();
  const context = {
    suite: { name: 'mcp-cancellation-suite', version: suiteVersion() },
    startedAt: started.toISOString(),
    strict: (getValue(environment, 'strict') || 'effect') as Strict,
    again: options.again,
  };
  const finish = async (
    { server, notices }: Preflight,
    outcomes: MergedOutcome[],
    { failure, lost }: { failure?: Failure; lost?: string | undefined } = {},
  ) => {
    const named = resolveVariables(environment, getValue(environment, 'slowTool'));
    const slowTool = options.tools === 'reference' ? named : '';
    const target = { url: getValue(environment, 'mcpUrl'), server, slowTool };
    const durationMs = Date.now() - started.getTime();
    const problems = failure ? [failure.message] : [];
    const combined = combine(outcomes, { ...context, target, durationMs, problems, notices, lost });
    if (failure) combined.exitCode = failure.exitCode;
    const { results, written, failed } = await known.settle(combined);
    // The records are masked already; what a target answered to the preflight is not.
    const secrets = Secrets.of(environment);
    secrets.maskResults(results);
    const unwritten = await writeReports(reportsDir, results, outcomes).then(
      () => failed,
      (error: Error) => error,
    );
    await tell(results, io, reportsDir);
    // What was seen is told all the same.
    if (unwritten) throw unwritten;
    const more = [...(failure?.details ?? []), ...(written ? wrap(written, io.out.columns || 80) : [])];
    for (const line of more) io.out.write(inert(io, `${visible(secrets.mask(line))}\n`));
    return results.exitCode;
  };

  let target: Preflight;
  try {
    await life?.start(io.out, io.signal);
    target = await preflight(environment, io.signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return finish({ server: null, notices: [] }, [], { failure: error });
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
  const url = resolveVariables(environment, getValue(environment, 'mcpUrl'));
  const lost = io.signal?.aborted ? undefined : await lostTarget(url, outcomes, life);
  return finish(target, outcomes, { lost });
}

async function tell(results: Results, io: Io, folder: string): Promise<void> {
  const reportsDir = shownFolder(io, folder);
  const screen = { color: useColor(io), columns: io.out.columns || 80 };
  // GitHub shows an annotation in the log too: the verdict comes after them, where the log ends.
  const annotations = inGitHubActions(io)
    ? errorAnnotations(results, (file) => inRepository(file, io.env))
    : [];
  for (const line of annotations) io.out.write(`${line}\n`);
  io.out.write(inert(io, `\n${terminalSummary(results, { ...screen, reportsDir })}`));
  if (!inGitHubActions(io)) return;
  const file = io.env.GITHUB_STEP_SUMMARY;
  if (!file) return;
  // A verdict does not depend on where it can be shown.
  await appendFile(file, stepSummary(results)).catch(({ message }: Error) =>
    io.err.write(`the step summary cannot be written: ${message}\n`),
  );
}
