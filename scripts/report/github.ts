import type { Results } from '../runner/results.ts';
import { clip, duration, oneLine } from './text.ts';
import { caseTitle, redCases, rerunCommand, strictness, tally, verdictSentence } from './verdict.ts';

/** GitHub cuts a summary off at one megabyte: this many rows, and cells no longer than that, stay far below. */
const rows = 100;
const cell = 400;

/** The run as Markdown for `$GITHUB_STEP_SUMMARY`. */
export function stepSummary(results: Results): string {
  const totals = tally(results.runs);
  const counts: [string, number][] = [
    ['Cases', totals.cases],
    ['Red', totals.red],
    ['Pass', totals.pass],
    ['Fail', totals.fail],
    ['Error', totals.error],
    ['Warn', totals.warn],
    ['Note', totals.note],
    ['Not observed', totals.notObserved],
    ['Not applicable', totals.notApplicable],
  ];
  const red = redCases(results);
  const lines = [
    '## MCP request cancellation',
    '',
    `**${markdown(verdictSentence(results))}**`,
    '',
    ...results.problems.map((problem) => `- ${markdown(problem)}`),
    ...(results.problems.length > 0 ? [''] : []),
    ...table(
      counts.map(([name]) => name),
      [counts.map(([, count]) => String(count))],
      '---:',
    ),
    '',
    markdown(
      `Strict: ${strictness(results.strict)}. ${results.suite.name} ${results.suite.version}, ${duration(results.durationMs)}.`,
    ),
  ];
  if (red.length > 0) {
    const body = red.flatMap(({ run, result, reasons }) =>
      reasons.map((reason) => [
        markdown(`${result.id} ${clip(caseTitle(result), 120)}`),
        markdown(`${run.collection} ${run.revision}`),
        link(reason.title, reason.spec),
        markdown(reason.expected),
        markdown(reason.observed),
      ]),
    );
    lines.push(
      '',
      '### Red',
      '',
      ...table(['Case', 'Where', 'Rule', 'Expected', 'Seen'], body.slice(0, rows)),
    );
    if (body.length > rows) lines.push('', `And ${body.length - rows} more: see the report.`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * One workflow command for each red case; GitHub shows it on the run's page. `url` is the target as the user gave it,
 * absent where the runner started the reference server.
 */
export function errorAnnotations(results: Results, given: string[]): string[] {
  return redCases(results).map(({ run, result, reasons }) => {
    const title = `${result.id} ${caseTitle(result)} (${run.revision})`;
    const message = [
      ...reasons.map((reason) =>
        oneLine(
          `${reason.title}: expected ${clip(reason.expected, cell)}; seen: ${clip(reason.observed, cell)} ${reason.spec}`,
        ),
      ),
      `Again: ${rerunCommand(result.id, given)}`,
    ].join('\n');
    return `::error title=${property(clip(oneLine(title), 120))}::${data(message)}`;
  });
}

function table(head: string[], body: string[][], align = '---'): string[] {
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => align)), ...body.map(row)];
}

/** Text that Markdown shows as it is, in a table cell too; `_` and `&` inside a link stay, or the link would break. */
function markdown(text: string): string {
  return clip(oneLine(text), cell).replace(/[\\`*[\]|~<>]|^#|&(?=#?\w+;)|(?<!\w)_|_(?!\w)/g, '\\$&');
}

function link(title: string, address: string): string {
  return /^https?:\/\/[^\s|()<>]+$/.test(address) ? `[${markdown(title)}](${address})` : markdown(title);
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
