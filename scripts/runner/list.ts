import type { Level } from '../../collections/src/lib/record.ts';
import { alignedTable } from '../report/table.ts';
import { type CollectionItem, caseId, items, type PlannedCollection } from './plan.ts';

/** The strongest first: a case is listed with the strongest level of its checks. */
const LEVELS: Level[] = ['MUST', 'SHOULD', 'DERIVED', 'MAY', 'AMBIG'];

/** A check as the build wrote it into the request's description. */
const RULE = /^- \*\*(?<levels>[^*]+)\*\* .* \(\[rule\]\((?<link>[^)]+)\)\)$/gm;

/** A revision behind a level: the check applies in those that are named, or in all where none is. */
const REVISION = /\((\d{4}-\d\d-\d\d)\)/g;

/** What `--list` prints: a table for each collection, with id, level, revisions, title and link of each case. */
export function listCases(planned: PlannedCollection[]): string {
  return planned
    .map((one) => {
      const cases = items(one.collection);
      const rows = cases.map((item) => row(item, one.revisions));
      const head = ['id', 'level', 'revisions', 'title', 'link'];
      return `${one.name}: ${one.title}, ${cases.length} of its cases\n\n${alignedTable([head, ...rows])}`;
    })
    .join('\n');
}

function row({ name, request }: CollectionItem, chosen: string[]): string[] {
  const id = caseId(name);
  const rules = [...(request?.description ?? '').matchAll(RULE)].map(({ groups = {} }) => ({
    levels: groups.levels ?? '',
    link: groups.link ?? '',
  }));
  const level = LEVELS.find((one) => rules.some(({ levels }) => levels.split(/\W+/).includes(one)));
  const strongest = rules.find(({ levels }) => level !== undefined && levels.split(/\W+/).includes(level));
  return [
    id,
    level ?? '',
    revisionsOf(
      rules.map(({ levels }) => levels),
      chosen,
    ),
    name.slice(id.length + 1),
    strongest?.link ?? '',
  ];
}

function revisionsOf(levels: string[], chosen: string[]): string {
  const named = levels.map((one) => [...one.matchAll(REVISION)].map(([, revision]) => revision ?? ''));
  if (named.some((revisions) => revisions.length === 0)) return 'all';
  const all = [...new Set(named.flat())].sort();
  return all.filter((one) => chosen.length === 0 || chosen.includes(one)).join(' ') || 'none of these';
}
