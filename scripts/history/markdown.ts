import { link, markdown, rows, table } from '../report/markdown.ts';
import { places } from '../report/places.ts';
import { clip } from '../report/text.ts';
import { caseTitle, verdictSentence } from '../report/verdict.ts';
import type { CaseResult } from '../runner/results.ts';
import { type Change, type Changes, KINDS, type Lone } from './compare.ts';
import {
  changesSentence,
  differences,
  HEADINGS,
  LATENCY_RULE,
  loneState,
  loneWord,
  rulesTold,
  since,
} from './words.ts';

/** GitHub refuses a comment of more than 65,536 characters. */
const longestComment = 60_000;

/** Lines that tell how the runs differ. */
const linesTold = 20;

/** The changes as Markdown for a comment on a pull request: short enough for one, whatever a server said. */
export function changesMarkdown(changes: Changes): string {
  const told = differences(changes)
    .slice(0, linesTold)
    .map((line) => `- ${text(line)}`);
  const lines = [
    '## MCP request cancellation: what changed',
    '',
    `**${text(changesSentence(changes))}**`,
    '',
    `Since ${text(since(changes))}. Now: ${text(verdictSentence(changes.now))}`,
    ...(told.length > 0 ? ['', ...told] : []),
  ];
  let left = longestComment - lines.join('\n').length;
  const add = (heading: string, head: string[], body: string[][]) => {
    const fitting = body.slice(0, rows).filter((cells) => {
      left -= cells.join(' | ').length + 5;
      return left > 0;
    });
    if (body.length > 0) lines.push('', `### ${heading}`, '');
    if (fitting.length > 0) lines.push(...table(head, fitting));
    if (body.length > fitting.length)
      lines.push('', `And ${body.length - fitting.length} more: see the report.`);
  };
  for (const kind of KINDS) {
    const all = changes.changes.filter((one) => one.kind === kind);
    const rules = all.some((one) => one.rules.length > 0);
    add(
      HEADINGS[kind],
      ['Case', 'Where', 'Before', 'Now', ...(rules ? ['Rule'] : [])],
      all.map((one) => cells(one, rules)),
    );
  }
  add('Ran in one of the runs only', ['Case', 'Where', 'Which', 'Verdict'], changes.lone.map(loneCells));
  lines.push('', text(LATENCY_RULE));
  return `${lines.join('\n')}\n`;
}

function cells({ runs, result, before, now, rules }: Change, withRules: boolean): string[] {
  const told = rules.slice(0, rulesTold).map((rule) => {
    const title = inert(link(rule.title, rule.spec));
    return rule.text ? `${title}: ${text(rule.text)}` : title;
  });
  if (rules.length > told.length) told.push(`and ${rules.length - told.length} more`);
  return [
    caseCell(result),
    text(places(runs)),
    text(before),
    text(now),
    ...(withRules ? [told.join('<br>')] : []),
  ];
}

function loneCells(one: Lone): string[] {
  return [
    one.result ? caseCell(one.result) : 'the whole run',
    text(places(one.runs)),
    loneWord(one),
    text(loneState(one)),
  ];
}

function caseCell(result: CaseResult): string {
  return text(`${result.id} ${clip(caseTitle(result), 120)}`);
}

function text(plain: string): string {
  return inert(markdown(plain));
}

/** What a server said must call nobody, and refer to no issue: a comment would do both. */
function inert(marked: string): string {
  return marked.replace(/@(?=\w)|#(?=\d)/g, '$&\u200b');
}
