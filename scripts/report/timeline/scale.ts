import type { View } from './layout.ts';

/** Where a time stands between the ends of a scale, in percent. */
export function percent(ms: number, { from, to }: View): number {
  return round(((ms - from) / (to - from)) * 100, 4);
}

/** Round times inside a scale, at most `most` of them. */
export function ticks({ from, to }: View, most = 7): number[] {
  const rough = (to - from) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: count }, (_, i) => round((first + i) * step, 3));
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
