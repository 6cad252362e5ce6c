import type { CaseResult, Results } from '../runner/results.ts';

const BEGIN = '<!-- npm run targets: begin -->';
const END = '<!-- npm run targets: end -->';

/** What was measured of one target. */
export interface Measured {
  title: string;
  version: string;
  results: Results;
}

/** The table target x case as Markdown: what each case came to, and how the cancelled call's exchange ended. */
export function targetsTable(measured: Measured[]): string {
  const head = ['', ...measured.map(({ title, version }) => `${title} ${version}`)];
  const ids = [...new Set(measured.flatMap(({ results }) => results.runs.flatMap(idsOf)))];
  const rows = ids.map((id) => [`\`${id}\``, ...measured.map(({ results }) => cell(id, results))]);
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

/**
 * Puts a text between the two marks of a file's text.
 * @throws Error where the marks are not there
 */
export function betweenMarks(text: string, put: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the marks "${BEGIN}" and "${END}" are not there`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${put}\n\n${text.slice(end)}`;
}

function idsOf({ cases }: Results['runs'][number]): string[] {
  return cases.map(({ id }) => id);
}

/** `**fail**`, `pass: error -32800`; where a case is not for all revisions, or they differ, each outcome with its own. */
function cell(id: string, { runs }: Results): string {
  const outcomes = new Map<string, Set<string>>();
  const everywhere = new Set<string>();
  for (const { revision, cases } of runs)
    for (const one of cases.filter((each) => each.id === id)) {
      everywhere.add(revision);
      if (one.verdict === 'not applicable') continue;
      outcomes.set(outcome(one), (outcomes.get(outcome(one)) ?? new Set()).add(revision));
    }
  if (outcomes.size === 0) return everywhere.size > 0 ? 'not applicable' : '';
  return [...outcomes]
    .map(([text, own]) => (own.size === everywhere.size ? text : `${text} (${[...own].sort().join(', ')})`))
    .join('<br>');
}

function outcome({ verdict, red, fate }: CaseResult): string {
  const word = red ? `**${verdict}**` : verdict;
  return fate === null ? word : `${word}: ${fate}`;
}

/** The lines in which two texts differ, those of the first with `-`, those of the second with `+`. */
export function differences(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const only = (some: string[], others: string[], sign: string) =>
    some.filter((line) => !others.includes(line)).map((line) => `${sign} ${line}`);
  return [...only(old, now, '-'), ...only(now, old, '+')];
}
