import type { CheckDefinition } from '../../collections/src/lib/definition.ts';
import type { CaseRecord, CheckRecord } from '../../collections/src/lib/record.ts';
import type { Fault, Verdict } from '../../server/broken/fault.ts';
import { type Group, keyOf } from './groups.ts';

/** What a group concludes of one server, by the id of a case and the key of a check. */
export type Report = Record<string, Record<string, Pick<CheckRecord, 'verdict' | 'observed'>>>;

/** A check that concludes something else than on a sound server, as it was declared. */
export interface Turned {
  id: string;
  key: string;
  verdict: Verdict;
  definition: CheckDefinition;
}

export interface Comparison {
  turned: Turned[];
  /** One line for each check that does not conclude what was declared. */
  wrong: string[];
}

/** What the records of a group say. */
export function reportOf({ records }: { records: CaseRecord[] }, { cases }: Group): Report {
  return Object.fromEntries(
    cases.map(({ id, checks }) => {
      const judged = records.filter((record) => record.case === id).flatMap((record) => record.checks);
      return [id, Object.fromEntries(judged.map((check) => [keyOf(checks, check.title), check]))];
    }),
  );
}

/** Holds what a group concludes of a broken server against what the fault declares, and what a sound server gets. */
export function compare(fault: Fault, { cases }: Group, sound: Report, broken: Report): Comparison {
  const turned: Turned[] = [];
  const wrong: string[] = [];
  for (const { id, checks } of cases)
    for (const [key, definition] of Object.entries(checks)) {
      const declared = fault.turns[id]?.[key];
      const usual = sound[id]?.[key];
      const seen = broken[id]?.[key];
      const expected = declared ?? (fault.unjudged?.includes(id) ? 'error' : usual?.verdict);
      const told = `${id} ${key}: ${seen ? `${seen.verdict} (${seen.observed})` : 'nothing'}`;
      if (!usual || usual.verdict === 'error')
        wrong.push(
          `${id} ${key}: the sound server itself gets ${usual ? `an error (${usual.observed})` : 'no verdict'}`,
        );
      else if (seen?.verdict !== expected)
        wrong.push(`${told}; ${declared ? 'declared' : 'not declared, and expected'} is ${expected}`);
      // A note that turns into another note is still one.
      else if (declared === usual.verdict && (declared !== 'note' || seen?.observed === usual.observed))
        wrong.push(`${told}; that is declared, but a sound server gets it as well`);
      else if (declared) turned.push({ id, key, verdict: declared, definition });
    }
  return { turned, wrong };
}

/** What of a fault's declaration names nothing that there is. */
export function unknownNames({ turns, unjudged = [] }: Fault, groups: Group[]): string[] {
  const cases = groups.flatMap((group) => group.cases);
  const checks = (id: string) => [
    ...new Set(cases.filter((one) => one.id === id).flatMap((one) => Object.keys(one.checks))),
  ];
  return [
    ...[...Object.keys(turns), ...unjudged]
      .filter((id) => !cases.some((one) => one.id === id))
      .map((id) => `${id}: there is no such case`),
    ...Object.entries(turns).flatMap(([id, keys]) =>
      Object.keys(keys)
        .filter((key) => checks(id).length > 0 && !checks(id).includes(key))
        .map((key) => `${id} ${key}: there is no such check; there are: ${checks(id).join(', ')}`),
    ),
  ];
}

/** What a report differs in from a sound one, as it would be declared. */
export function declarationOf(sound: Report, broken: Report): Record<string, Record<string, string>> {
  const declaration: Record<string, Record<string, string>> = {};
  for (const [id, checks] of Object.entries(broken))
    for (const [key, { verdict }] of Object.entries(checks))
      if (verdict !== sound[id]?.[key]?.verdict) declaration[id] = { ...declaration[id], [key]: verdict };
  return declaration;
}
