import type { CaseRecord } from '../../collections/src/lib/record.ts';
import type { Fault } from '../../server/broken/fault.ts';
import { loadEnvironment } from '../runner/environment.ts';
import { parseOptions } from '../runner/options.ts';
import { planRuns } from '../runner/plan.ts';
import { runCollection } from '../runner/run.ts';
import type { Report } from './compare.ts';
import { type Group, keyOf } from './groups.ts';

/** No group takes this long, whatever its server does. */
const LIMIT_MS = 90_000;

/** Shorter than in `reference`, as much of the time goes by waiting for what a broken server never does. */
const BOUNDS = { settleMs: '1500', maxCancelMs: '600', trace: 'off' };

export interface Judged {
  report: Report;
  /** Why the run is no evidence, one line each. */
  problems: string[];
}

/** Runs one group of the built collections against a server. */
export async function judge(
  url: string,
  { collection, folder, cases }: Group,
  { revision = '2025-11-25', variables = {} }: Pick<Fault, 'revision' | 'variables'>,
): Promise<Judged> {
  const set = { ...BOUNDS, mcpUrl: url, protocolVersion: revision, ...variables };
  const options = parseOptions(
    [
      ...['--collection', collection, '--folder', folder, '--environment', 'reference'],
      ...Object.entries(set).flatMap(([name, value]) => ['--env-var', `${name}=${value}`]),
    ],
    {},
  );
  const [planned] = options ? await planRuns(options, false) : [];
  if (!options || !planned) throw new Error(`there is nothing to run in ${folder} of ${collection}`);
  const environment = await loadEnvironment(options, undefined);
  const { records, problems } = await runCollection(planned, environment, { timeoutMs: LIMIT_MS });
  const report = records.map((record) => [record.case, checksOf(record, cases)] as const);
  return { report: Object.fromEntries(report), problems };
}

function checksOf(record: CaseRecord, cases: Group['cases']): Report[string] {
  const checks = cases.find(({ id }) => id === record.case)?.checks ?? {};
  return Object.fromEntries(
    record.checks.map(({ title, verdict, observed }) => [keyOf(checks, title), { verdict, observed }]),
  );
}
