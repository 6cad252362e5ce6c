import type { Verdict } from '../../collections/src/lib/record.ts';
import { worst } from '../../collections/src/lib/verdict.ts';
import type { CaseResult, RunResult } from '../runner/results.ts';

/** What a case showed in a revision, in all collections that ran it. */
export interface Sighting {
  /**
   * `red`: it failed, in one collection at least. `error`: nothing is known of it, in one at least. `good`: it was
   * judged, and is not red. `unjudged`: it was not observed, or does not apply.
   */
  kind: 'red' | 'error' | 'good' | 'unjudged';
  /** The results that make it so, without the others. */
  cases: CaseResult[];
  /** The worst of theirs. */
  verdict: Verdict;
}

/**
 * What all cases showed, by id and then by revision.
 * @param runs as they were run: nothing in them is known yet
 */
export function sightings(runs: RunResult[]): Map<string, Map<string, Sighting>> {
  const all = new Map<string, Map<string, CaseResult[]>>();
  for (const { revision, cases } of runs)
    for (const one of cases) {
      const revisions = all.get(one.id) ?? new Map<string, CaseResult[]>();
      all.set(one.id, revisions.set(revision, [...(revisions.get(revision) ?? []), one]));
    }
  return new Map(
    [...all].map(([id, revisions]) => [
      id,
      new Map([...revisions].sort().map(([revision, cases]) => [revision, sight(cases)])),
    ]),
  );
}

function sight(cases: CaseResult[]): Sighting {
  const kinds = (['red', 'error', 'good', 'unjudged'] as const).map((kind) => ({
    kind,
    cases: cases.filter((one) => kindOf(one) === kind),
  }));
  const [first = { kind: 'unjudged' as const, cases }] = kinds.filter((one) => one.cases.length > 0);
  return { ...first, verdict: worst(first.cases.map(({ verdict }) => verdict)) };
}

function kindOf({ verdict, red }: CaseResult): Sighting['kind'] {
  if (verdict === 'error') return 'error';
  if (red) return 'red';
  return verdict === 'not observed' || verdict === 'not applicable' ? 'unjudged' : 'good';
}

/** Those of a case's revisions in which it showed this. */
export function revisionsWith(revisions: Map<string, Sighting>, ...kinds: Sighting['kind'][]): string[] {
  return [...revisions].filter(([, { kind }]) => kinds.includes(kind)).map(([revision]) => revision);
}
