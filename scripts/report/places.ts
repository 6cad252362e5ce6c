import type { RunResult } from '../runner/results.ts';

/** One of the runs: a collection in a revision. */
export type Place = Pick<RunResult, 'collection' | 'revision'>;

/** `conformance-2025 2025-06-18, 2025-11-25; mcp-cancellation 2025-11-25`. */
export function places(runs: Place[]): string {
  return collectionsOf(runs)
    .map((name) => `${name} ${revisionsOf(runs.filter(({ collection }) => collection === name)).join(', ')}`)
    .join('; ');
}

/** Each collection once, in the order in which they ran. */
export function collectionsOf(runs: Place[]): string[] {
  return [...new Set(runs.map(({ collection }) => collection))];
}

/** Each revision once, whatever the collections, the oldest first. */
export function revisionsOf(runs: Place[]): string[] {
  return [...new Set(runs.map(({ revision }) => revision))].sort();
}
