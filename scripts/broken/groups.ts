import type { CaseDefinition, CheckDefinition } from '../../collections/src/lib/definition.ts';
import type { Level } from '../../collections/src/lib/record.ts';
import type { Fault } from '../../server/broken/fault.ts';
import { loadCollections } from '../collections/compile.ts';
import type { Tools } from '../runner/options.ts';

/** A folder of a collection: what is run of it at once, and where a fault has to spare what it does not name. */
export interface Group {
  collection: string;
  folder: string;
  cases: Pick<CaseDefinition, 'id' | 'checks'>[];
}

/** The levels at which a check has to be able to fail. */
const BINDING: readonly Level[] = ['MUST', 'SHOULD', 'DERIVED'];

/** The groups of every collection that is for these tools. */
export async function loadGroups(tools: Tools = 'reference'): Promise<Group[]> {
  const collections = await loadCollections();
  return (
    collections
      .filter((one) => (one.tools ?? 'reference') === tools)
      .flatMap(({ name, folders }) =>
        folders.map(({ name: folder, cases }) => ({ collection: name, folder, cases })),
      )
      // The walkthrough has steps for the hands, and its own tests.
      .filter(({ cases }) => cases.length > 0)
  );
}

/** The groups in which a fault is looked for; all of them where it turns nothing. */
export function groupsOf({ turns, unjudged = [], collection }: Fault, groups: Group[]): Group[] {
  const named = [...Object.keys(turns), ...unjudged];
  return groups
    .filter((group) => collection === undefined || group.collection === collection)
    .filter(({ cases }) => named.length === 0 || cases.some(({ id }) => named.includes(id)));
}

/** The key of a check by its title, which is a level's word and the check's text. */
export function keyOf(checks: Record<string, CheckDefinition>, title: string): string {
  const text = title.slice(title.indexOf(' ') + 1);
  return Object.keys(checks).find((key) => checks[key]?.text === text) ?? title;
}

/** Whether a check is more than a record of what was seen, in some revision. */
export function isBinding({ level }: CheckDefinition): boolean {
  const levels = typeof level === 'string' ? [level] : Object.values(level);
  return levels.some((one) => BINDING.includes(one));
}
