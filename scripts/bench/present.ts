import { alignedTable } from '../report/table.ts';
import { OWNERS, type Shares } from './profile.ts';
import { QUANTITIES, type Quantity } from './quantities.ts';
import { SERVERS, type ServerName } from './servers.ts';
import type { Spread } from './statistics.ts';

/** What `npm run bench` writes as JSON. */
export interface Result {
  suite: { name: string; version: string };
  measuredAt: string;
  machine: {
    node: string;
    platform: string;
    cpu: string;
    cores: number;
    /** What else was going on: the load average of the minute before. */
    loadBefore: number;
  };
  rounds: number;
  pairs: number;
  calls: number;
  /** Null where a server has nothing to measure: the SDK alone does not end the stream of a cancelled call. */
  servers: Record<ServerName, Record<string, (Spread & { unit: Quantity['unit']; rounds: number[] }) | null>>;
  /** Whose code took the time of the reference server while calls were cancelled at once. */
  shares: Shares;
}

/** More than this, and what is measured is also what else the machine does. */
const QUIET_LOAD = 0.5;

const DIGITS: Record<Quantity['unit'], number> = { ms: 2, x: 2, 'per s': 0, µs: 0, KiB: 1 };

/** The result as a table and some lines, for the screen. */
export function present({ machine, rounds, pairs, calls, servers, shares }: Result): string {
  const names = Object.keys(SERVERS) as ServerName[];
  const rows = QUANTITIES.map(({ name, title, unit }) => {
    const cells = names.map((server) => cell(servers[server][name] ?? null, unit));
    return [title.replace(/^(pings|calls)/, `${calls} $1`), unit, ...cells];
  });
  const parts = OWNERS.map((owner) => `${owner} ${Math.round(shares[owner] * 100)} %`);
  return [
    `Node.js ${machine.node.slice(1)}, ${machine.cores} cores, load ${machine.loadBefore.toFixed(1)} before it began.`,
    ...(machine.loadBefore > QUIET_LOAD
      ? ['The machine was not idle: these figures are worse than its own.']
      : []),
    `Median of ${rounds} rounds, and the lowest and the highest; ${pairs} of each in a round where it is one at a time.`,
    '',
    alignedTable([['', '', ...names.map((name) => SERVERS[name].title)], ...rows]),
    `Time of the reference server while calls are cancelled: ${parts.join(', ')}.`,
  ].join('\n');
}

function cell(measured: Spread | null, unit: Quantity['unit']): string {
  if (!measured) return 'never ends';
  const [median, min, max] = [measured.median, measured.min, measured.max].map((value) =>
    value.toFixed(DIGITS[unit]),
  );
  return `${median} (${min} to ${max})`;
}
