import type { CaseRecord } from '../../collections/src/lib/record.ts';
import type { BareServer } from '../../server/broken/bare.ts';
import { type Fault, startFault, startSound } from '../../server/broken/fault.ts';
import { loadEnvironment } from '../runner/environment.ts';
import { provideHangUpProxy } from '../runner/hang-up.ts';
import { type Preset, parseOptions } from '../runner/options.ts';
import { planRuns } from '../runner/plan.ts';
import { runCollection } from '../runner/run.ts';
import type { Group } from './groups.ts';

/** No group takes this long, whatever its server does. */
const LIMIT_MS = 90_000;

/** Shorter than in `reference`, as much of the time goes by waiting for what a broken server never does. */
const BOUNDS = { settleMs: '1500', maxCancelMs: '600', trace: 'off' };

/** Which server is to be judged: the broken one, or a sound one in the same configuration. */
export type Which = 'broken' | 'sound';

/** Where a server is judged. */
export type Place = Pick<Group, 'collection' | 'folder'>;

export interface Judged {
  records: CaseRecord[];
  /** Why the run is no evidence, one line each. */
  problems: string[];
  /** Whether the process was too busy for its timings to be trusted. */
  lag: boolean;
  ms: number;
}

/** Servers that still close: handlers that do not stop keep them from it for a while, but nobody from going on. */
const closing = new Set<Promise<void>>();

/** Judges a server of the reference tools. */
export function judge(which: Which, fault: Fault, place: Place): Promise<Judged> {
  return judgeServer(() => (which === 'broken' ? startFault(fault) : startSound(fault)), fault, place);
}

/** Starts a server, and runs one group of the built collections against it. */
export async function judgeServer(
  start: () => Promise<BareServer>,
  fault: Pick<Fault, 'revision' | 'variables'>,
  place: Place,
  preset?: Preset,
): Promise<Judged> {
  const began = Date.now();
  const server = await start();
  try {
    const { records, problems, lag } = await run(server.url, fault, place, preset);
    return { records, problems, lag, ms: Date.now() - began };
  } finally {
    const closed = server.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }
}

/** Resolves when every server that was started is closed. */
export async function allClosed(): Promise<void> {
  await Promise.all(closing);
}

async function run(
  url: string,
  { revision = '2025-11-25', variables }: Pick<Fault, 'revision' | 'variables'>,
  { collection, folder }: Place,
  preset?: Preset,
) {
  const set = { ...BOUNDS, mcpUrl: url, ...variables };
  const options = parseOptions(
    [
      ...[
        '--collection',
        collection,
        '--folder',
        folder,
        '--environment',
        'reference',
        '--revision',
        revision,
      ],
      ...Object.entries(set).flatMap(([name, value]) => ['--env-var', `${name}=${value}`]),
    ],
    {},
    preset,
  );
  const [planned] = options ? await planRuns(options, false) : [];
  if (!options || !planned) throw new Error(`there is nothing to run in ${folder} of ${collection}`);
  const environment = await loadEnvironment(options, undefined);
  const proxy = await provideHangUpProxy(environment);
  try {
    return await runCollection(planned, environment, { timeoutMs: LIMIT_MS });
  } finally {
    await proxy?.close();
  }
}
