import { type Preflight, preflight } from '../preflight/preflight.ts';
import { oneLine, plural, wrap } from '../report/text.ts';
import type { TargetLife } from '../start/target-life.ts';
import { type EnvironmentJson, getValue } from './environment.ts';
import { Failure } from './failure.ts';
import { type PlannedRun, planJobs } from './jobs.ts';
import { Secrets } from './mask.ts';
import type { PlannedCollection } from './plan.ts';
import { type Io, inert } from './screen.ts';

/**
 * `--dry-run`: starts the target where that is asked for, looks at it, and says what would be run against it.
 * @returns the exit code
 * @throws Failure (2 or 3) for what would keep a run from beginning
 */
export async function dryRun(
  io: Io,
  planned: PlannedCollection[],
  environment: EnvironmentJson,
  life: TargetLife | undefined,
): Promise<number> {
  const secrets = Secrets.of(environment);
  const target = await lookAt(io, environment, life).catch((error) => {
    throw error instanceof Failure ? withoutSecrets(error, secrets) : error;
  });
  const runs = planJobs(planned, getValue(environment, 'protocolVersion'));
  // Before its lines are broken, which would break a secret too.
  const text = describePlan(environment, secrets.maskDeep(target), runs, io.out.columns || 80);
  io.out.write(inert(io, secrets.mask(text)));
  return 0;
}

async function lookAt(
  io: Io,
  environment: EnvironmentJson,
  life: TargetLife | undefined,
): Promise<Preflight> {
  await life?.start(io.out, io.signal);
  return preflight(environment, io.signal);
}

/** A target may say what it was sent. */
function withoutSecrets({ exitCode, message, details }: Failure, secrets: Secrets): Failure {
  return new Failure(exitCode, secrets.mask(message), secrets.maskDeep(details));
}

function describePlan(
  environment: EnvironmentJson,
  { server, notices }: Preflight,
  runs: PlannedRun[],
  columns: number,
): string {
  const name = server ? ` (${server.name} ${server.version})` : '';
  const set = environment.values.filter(
    ({ value, enabled }) => !['', '{}'].includes(value) && enabled !== false,
  );
  const width = Math.max(...set.map(({ key }) => key.length));
  return [
    ...wrap(
      oneLine(`${getValue(environment, 'mcpUrl')}${name} answers, and takes the tools as they are set.`),
      columns,
    ),
    ...notices.flatMap((notice) => wrap(oneLine(notice), columns, '  - ')),
    '',
    'Would run:',
    ...runs.map(
      ({ planned, revision }) => `  ${planned.name} ${revision}: ${plural(planned.expected.length, 'case')}`,
    ),
    '',
    'With:',
    ...set.map(
      ({ key, value, type }) => `  ${key.padEnd(width)}  ${type === 'secret' ? '***' : oneLine(value)}`,
    ),
    '',
  ].join('\n');
}
