import type { Strict } from '../../collections/src/lib/record.ts';
import { tally } from '../report/verdict.ts';
import type { Declared } from '../runner/plan.ts';
import type { Results, StaleEntry, UnusedEntry } from '../runner/results.ts';
import { type Entry, entryFor, type KnownFailures, narrowed } from './entries.ts';
import { revisionsWith, type Sighting, sightings } from './sightings.ts';

/**
 * The results with the known failures applied: a listed case that fails is not red, and an entry that is not true
 * is. What could not be established stays so.
 * @param results as `combine` gives them; they are left as they are
 * @param declared what all collections declare, whether they were run or not
 */
export function judgeKnownFailures(results: Results, known: KnownFailures, declared: Declared[]): Results {
  const runs = results.runs.map((run) => ({
    ...run,
    cases: run.cases.map((one) => {
      const entry = one.red ? entryFor(known.entries, one.id, run.revision) : undefined;
      // An error tells nothing about the rule: nobody can have known it, and it stays red.
      return entry ? { ...one, known: entry.reason, red: one.verdict === 'error' } : one;
    }),
  }));
  const seen = sightings(results.runs);
  const stale: StaleEntry[] = [];
  const unused: UnusedEntry[] = [];
  for (const entry of known.entries) {
    const place = { file: known.file, line: entry.line, entry: entry.text };
    const revisions = covered(entry, known.entries, seen.get(entry.id) ?? new Map());
    const nowhere = neverRuns(entry, declared, [...(seen.get(entry.id)?.keys() ?? [])]);
    const good = revisionsWith(revisions, 'good');
    if (nowhere !== undefined) stale.push({ ...place, why: nowhere, ...deleted(entry) });
    else if (good.length > 0) {
      const why = contradiction(entry, revisions, results.strict);
      stale.push({ ...place, why, ...replaced(entry, known.entries, revisions, declared) });
    } else if (revisions.size > 0 && revisionsWith(revisions, 'red', 'error').length === 0)
      unused.push({ ...place, why: `${entry.id} is ${told(revisions, results.strict)}` });
  }
  const totals = { ...results.totals, ...tally(runs) };
  const exitCode = results.exitCode > 1 ? results.exitCode : totals.red + stale.length > 0 ? 1 : 0;
  return { ...results, runs, stale, unused, totals, exitCode };
}

/** The revisions that were run and are this entry's, not those of one that names them. */
function covered(entry: Entry, entries: Entry[], revisions: Map<string, Sighting>): Map<string, Sighting> {
  return new Map([...revisions].filter(([revision]) => entryFor(entries, entry.id, revision) === entry));
}

/** Why no run can ever be about this entry; undefined where one can. */
function neverRuns({ id, revision }: Entry, declared: Declared[], ran: string[]): string | undefined {
  const having = declared.filter(({ cases }) => cases.includes(id));
  if (having.length === 0) return `no collection has a case ${id}`;
  // A collection that declares none can be asked for any that there is.
  const revisions = having.flatMap((one) =>
    one.revisions.length > 0 ? one.revisions : declared.flatMap((other) => other.revisions),
  );
  if (revision === undefined || [...revisions, ...ran].includes(revision)) return undefined;
  return `no collection runs ${id} in ${revision}`;
}

/** The revisions that the collections declare for a case. */
export function declaredFor(id: string, declared: Declared[]): string[] {
  const having = declared.filter(({ cases }) => cases.includes(id));
  return [...new Set(having.flatMap(({ revisions }) => revisions))].sort();
}

function deleted({ text }: Entry): Pick<StaleEntry, 'todo' | 'replaceBy'> {
  return { todo: `delete the line: ${text}`, replaceBy: [] };
}

/** What to put in the place of an entry that is wrong in some revisions: what the others did not contradict. */
function replaced(
  entry: Entry,
  entries: Entry[],
  revisions: Map<string, Sighting>,
  declared: Declared[],
): Pick<StaleEntry, 'todo' | 'replaceBy'> {
  const failing = revisionsWith(revisions, 'red', 'error');
  const notRun = declaredFor(entry.id, declared).filter(
    (revision) => !revisions.has(revision) && entryFor(entries, entry.id, revision) === entry,
  );
  const replaceBy = [...failing, ...notRun].sort().map((revision) => narrowed(entry, revision));
  const { todo } = deleted(entry);
  if (replaceBy.length === 0) return { todo, replaceBy };
  if (failing.length > 0) return { todo: 'put in its place', replaceBy };
  return { todo: `${todo}; or keep it for what was not run`, replaceBy };
}

/** `L-EFF-4 passes in 2025-11-25, and is red in 2025-06-18`. */
function contradiction({ id }: Entry, revisions: Map<string, Sighting>, strict: Strict): string {
  const failing = new Map([...revisions].filter(([, { kind }]) => kind === 'red' || kind === 'error'));
  const good = new Map([...revisions].filter(([, { kind }]) => kind === 'good'));
  const passes = [...good.values()].every(({ verdict }) => verdict === 'pass');
  const what = passes ? `passes in ${[...good.keys()].join(', ')}` : `is ${told(good, strict)}`;
  return `${id} ${what}${failing.size > 0 ? `, and is ${told(failing, strict)}` : ''}`;
}

/** `not observed in 2025-03-26, not applicable in 2025-06-18, 2025-11-25`. */
function told(revisions: Map<string, Sighting>, strict: Strict): string {
  const words = new Map<string, string[]>();
  for (const [revision, sighting] of revisions) {
    const word = wordFor(sighting, strict);
    words.set(word, [...(words.get(word) ?? []), revision]);
  }
  return [...words].map(([word, where]) => `${word} in ${where.join(', ')}`).join(', ');
}

function wordFor({ kind, verdict }: Sighting, strict: Strict): string {
  if (kind === 'red') return 'red';
  if (verdict === 'warn') return `a warn that strict=${strict} tolerates`;
  return { pass: 'a pass', note: 'a note', error: 'an error' }[verdict as string] ?? verdict;
}
