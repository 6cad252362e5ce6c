/** A figure as it came out in several rounds: the middle one, and the two at the ends. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** @returns the value below which that part of the values lies (nearest rank); NaN if there is none */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}
