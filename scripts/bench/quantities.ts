import type { Alone, Burst } from './measure.ts';
import { quantile } from './statistics.ts';

/** What one round has measured of one server. */
export interface Round {
  alone: Alone;
  pings: Burst;
  /** Undefined where streams do not end. */
  cancels: Burst | undefined;
  /** Measured when all else is. */
  bytesPerCall?: number;
}

export interface Quantity {
  name: string;
  title: string;
  unit: 'ms' | 'x' | 'per s' | 'µs' | 'KiB';
  /** Undefined where there is nothing to measure. */
  of(round: Round): number | undefined;
}

/** Everything that is told of a server, in the order in which it is told. */
export const QUANTITIES: readonly Quantity[] = [
  alone('ping', 'a ping', ({ ping }) => quantile(ping, 0.5)),
  alone('pingP99', '  its 99th percentile', ({ ping }) => quantile(ping, 0.99)),
  alone('accepted', 'a cancel to its 202', ({ accepted }) => quantile(accepted, 0.5)),
  alone('ended', 'a cancel to the end of the stream', ({ ended }) => quantile(ended, 0.5)),
  alone('endedP99', '  its 99th percentile', ({ ended }) => quantile(ended, 0.99)),
  {
    name: 'endedByPing',
    title: '  as a multiple of a ping',
    unit: 'x',
    of: ({ alone: { ping, ended } }) => known(quantile(ended, 0.5) / quantile(ping, 0.5)),
  },
  ...burst('pings', 'pings at once', ({ pings }) => pings),
  ...burst('cancels', 'calls cancelled at once', ({ cancels }) => cancels),
  {
    name: 'memoryPerCall',
    title: 'memory for each call in flight',
    unit: 'KiB',
    of: ({ bytesPerCall }) => bytesPerCall && bytesPerCall / 1024,
  },
];

function alone(name: string, title: string, pick: (times: Alone) => number): Quantity {
  return { name, title, unit: 'ms', of: (round) => known(pick(round.alone)) };
}

function burst(name: string, title: string, pick: (round: Round) => Burst | undefined): Quantity[] {
  const of = (read: (burst: Burst) => number) => (round: Round) => {
    const measured = pick(round);
    return measured && read(measured);
  };
  return [
    { name: `${name}PerSecond`, title, unit: 'per s', of: of(({ perSecond }) => perSecond) },
    { name: `${name}P50`, title: '  median', unit: 'ms', of: of(({ took }) => quantile(took, 0.5)) },
    {
      name: `${name}P99`,
      title: '  99th percentile',
      unit: 'ms',
      of: of(({ took }) => quantile(took, 0.99)),
    },
    {
      name: `${name}Cpu`,
      title: '  CPU time of the server',
      unit: 'µs',
      of: of(({ cpuMicroseconds }) => cpuMicroseconds),
    },
  ];
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
