import { stringify } from 'yaml';
import { reasons } from '../report/red.ts';
import { clip, oneLine } from '../report/text.ts';
import type { Declared } from '../runner/plan.ts';
import type { Results, StaleEntry } from '../runner/results.ts';
import { caseOf, type Entry, entryFor, type KnownFailures, parseKnownFailures } from './entries.ts';
import { declaredFor, judgeKnownFailures } from './judge.ts';
import { revisionsWith, type Sighting, sightings } from './sightings.ts';

/** What has to change for the same run to be good. */
export interface Update {
  /** The whole file. */
  text: string;
  /** Cases of the entries that are new in it. */
  added: string[];
  /** Cases of the entries that are gone. */
  removed: string[];
  /** Cases of the entries that are now for some revisions only. */
  narrowed: string[];
  /** Cases that stay red, as nothing is known of them. */
  errors: string[];
}

/**
 * Writes the known failures anew after a run. Entries that hold, comments and order stay; so does what this run
 * tells nothing about.
 * @param results as `combine` gives them
 */
export function updateKnownFailures(known: KnownFailures, results: Results, declared: Declared[]): Update {
  const first = updateOnce(known, results, declared);
  if (first.text === known.text) return first;
  // What was said for one revision, and is gone, leaves it to an entry for all, which may be as wrong there.
  const rest = updateKnownFailures(parseKnownFailures(first.text, known.file), results, declared);
  const both = (of: 'added' | 'removed' | 'narrowed') => [...new Set([...first[of], ...rest[of]])];
  return { ...rest, added: both('added'), removed: both('removed'), narrowed: both('narrowed') };
}

function updateOnce(known: KnownFailures, results: Results, declared: Declared[]): Update {
  const { stale } = judgeKnownFailures(results, known, declared);
  const seen = sightings(results.runs);
  const date = results.startedAt.slice(0, 10);
  const found = [...seen].flatMap(([id, revisions]) => unlisted(id, revisions, known.entries, declared));
  const lines = found.map(({ name, sighting }) =>
    line(name, `seen ${date}: ${observed(sighting, results)}; say why this is accepted`),
  );
  const changed = (gone: boolean) =>
    known.entries.filter((entry) => {
      const wrong = staleOf(entry, stale);
      return wrong && (wrong.replaceBy.length === 0) === gone;
    });
  return {
    text: rewrite(known, stale, lines),
    added: found.map(({ name }) => name),
    removed: changed(true).map(caseOf),
    narrowed: changed(false).map(caseOf),
    errors: errors(results),
  };
}

/** The entries that a case needs: one for all revisions, where it was run in all of them and is red wherever it was judged. */
function unlisted(
  id: string,
  revisions: Map<string, Sighting>,
  entries: Entry[],
  declared: Declared[],
): Array<{ name: string; sighting: Sighting }> {
  const all = declaredFor(id, declared);
  const everywhere =
    all.length > 0 &&
    all.every((revision) => revisions.has(revision)) &&
    revisionsWith(revisions, 'good', 'error').length === 0 &&
    !entries.some((entry) => entry.id === id);
  const needed = [...revisions].filter(
    ([revision, { kind }]) => kind === 'red' && !entryFor(entries, id, revision),
  );
  return (everywhere ? needed.slice(0, 1) : needed).map(([revision, sighting]) => ({
    name: caseOf({ id, revision: everywhere ? undefined : revision }),
    sighting,
  }));
}

function line(name: string, reason: string): string {
  const quoted = { defaultKeyType: 'PLAIN', defaultStringType: 'QUOTE_DOUBLE', lineWidth: 0 } as const;
  return stringify({ [name]: reason }, quoted).trimEnd();
}

function observed({ cases }: Sighting, { strict }: Results): string {
  const [reason] = cases.flatMap((one) => reasons(one, strict));
  return clip(oneLine(reason?.observed ?? 'red'), 160);
}

function errors({ runs }: Results): string[] {
  const all = runs.flatMap(({ revision, cases }) =>
    cases.filter(({ verdict }) => verdict === 'error').map(({ id }) => caseOf({ id, revision })),
  );
  return [...new Set(all)];
}

function staleOf(entry: Entry, stale: StaleEntry[]): StaleEntry | undefined {
  return stale.find(({ line }) => line === entry.line);
}

/** Changes the lines of stale entries and adds new ones behind the last entry; every other line stays as it is. */
function rewrite({ text, entries }: KnownFailures, stale: StaleEntry[], added: string[]): string {
  if (stale.length + added.length === 0) return text;
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/);
  // A text that ends its last line has an empty one behind it.
  if (lines.at(-1) === '') lines.pop();
  const [first] = entries;
  const [, indent = ''] = /^\ufeff?( *)/.exec(lines[(first?.line ?? 0) - 1] ?? '') ?? [];
  const indented = (own: string[]) => own.map((one) => indent + one);
  // From the end, so that the places of the entries before stay what they are.
  lines.splice(entries.at(-1)?.lastLine ?? lines.length, 0, ...indented(added));
  for (const entry of [...entries].reverse()) {
    const wrong = staleOf(entry, stale);
    if (wrong) lines.splice(entry.line - 1, entry.lastLine - entry.line + 1, ...indented(wrong.replaceBy));
  }
  return lines.map((one) => one + end).join('');
}
