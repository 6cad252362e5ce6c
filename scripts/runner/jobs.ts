import { type CollectionItem, items, type Planned, type PlannedCollection, withItems } from './plan.ts';

/** Jobs that go on at the same time. Measured on two cores: three at a time take a third longer than six. */
export const AT_ONCE = 6;
/** About so many jobs in all: each has to start a sandbox of its own, which takes longer than a case. */
const JOBS = 12;
/** A collection with fewer cases than this is one job. */
const WORTH_SPLITTING = 20;

/** One collection in one revision, and the parts of it that are run side by side. */
export interface PlannedRun {
  planned: Planned;
  revision: string;
  parts: Planned[];
}

/** @param otherwise the revision for a collection of which none is asked for */
export function planJobs(collections: PlannedCollection[], otherwise: string): PlannedRun[] {
  const runs = collections.flatMap((planned) =>
    (planned.revisions.length > 0 ? planned.revisions : [otherwise]).map((revision) => ({
      planned,
      revision,
    })),
  );
  const large = runs.filter(({ planned }) => planned.expected.length >= WORTH_SPLITTING).length;
  const left = Math.floor((JOBS - (runs.length - large)) / (large || 1));
  const parts = Math.max(1, Math.min(AT_ONCE, left));
  return runs.map((run) => ({ ...run, parts: split(run.planned, parts) }));
}

/** At most so many parts with about as many cases each; a folder stays whole, and in its order. */
function split(planned: Planned, count: number): Planned[] {
  const { item } = planned.collection;
  if (planned.expected.length < WORTH_SPLITTING) return [planned];
  const parts = Array.from({ length: Math.min(count, item.length) }, (): CollectionItem[] => []);
  const size = (part: CollectionItem[]) => part.flatMap(items).length;
  for (const folder of [...item].sort((a, b) => items(b).length - items(a).length))
    parts.reduce((least, part) => (size(part) < size(least) ? part : least)).push(folder);
  return parts.map((part) =>
    withItems(
      planned,
      item.filter((folder) => part.includes(folder)),
    ),
  );
}
