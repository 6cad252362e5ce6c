import type { Preflight } from '../preflight/preflight.ts';
import { oneLine, plural, wrap } from '../report/text.ts';
import { type EnvironmentJson, getValue } from './environment.ts';
import type { PlannedRun } from './jobs.ts';

/** What `--dry-run` prints when the target has been asked: what it is, and what would be run against it. */
export function describePlan(
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
