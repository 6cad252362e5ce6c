import type { Results, RunResult } from '../runner/results.ts';
import { rerunCommand } from './again.ts';
import { knownFailures, staleText, unusedText } from './known.ts';
import { cell, link, markdown, rows, table } from './markdown.ts';
import { places, revisionsOf } from './places.ts';
import { redCases } from './red.ts';
import { clip, oneLine } from './text.ts';
import { caseTitle, pace, strictness, tally, verdictSentence } from './verdict.ts';

/** The run as Markdown for `$GITHUB_STEP_SUMMARY`. */
export function stepSummary(results: Results): string {
  const red = redCases(results);
  const told = [...results.problems, ...results.notices];
  const lines = [
    '## MCP request cancellation',
    '',
    `**${markdown(verdictSentence(results))}**`,
    '',
    ...told.map((line) => `- ${markdown(line)}`),
    ...(told.length > 0 ? [''] : []),
    ...countsTable(results.runs),
    '',
    markdown(
      `Strict: ${strictness(results.strict)}. ${results.suite.name} ${results.suite.version}, ${pace(results)}.`,
    ),
  ];
  if (red.length > 0) {
    const body = red.flatMap(({ runs, result, reasons }) =>
      reasons.map((reason) => [
        markdown(`${result.id} ${clip(caseTitle(result), 120)}`),
        markdown(places(runs)),
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
  lines.push(...knownSection(results));
  return `${lines.join('\n')}\n`;
}

/** What became of the known failures; empty where there are none. */
function knownSection(results: Results): string[] {
  const known = knownFailures(results).map((one) => [
    markdown(`${one.result.id} ${clip(caseTitle(one.result), 120)}`),
    markdown(places(one.runs)),
    markdown(one.reason),
    markdown(one.misses.map(({ observed }) => observed).join('; ')),
  ]);
  const lines = [
    ...results.stale.map((entry) => `- Stale: ${markdown([staleText(entry), ...entry.replaceBy].join(' '))}`),
    ...results.unused.map((entry) => `- Unused: ${markdown(unusedText(entry))}`),
  ];
  if (known.length + lines.length === 0) return [];
  return [
    '',
    '### Known failures',
    '',
    ...(known.length > 0 ? table(['Case', 'Where', 'Accepted because', 'Seen'], known.slice(0, rows)) : []),
    ...(known.length > rows ? ['', `And ${known.length - rows} more: see the report.`] : []),
    ...(known.length > 0 && lines.length > 0 ? [''] : []),
    ...lines.slice(0, rows),
    ...(lines.length > rows ? ['', `And ${lines.length - rows} more: see the report.`] : []),
  ];
}

/** A row for each run, and one for all of them where there are several. */
function countsTable(runs: RunResult[]): string[] {
  const anyKnown = tally(runs).known > 0;
  const row = (where: string, some: RunResult[]) => {
    const { cases, red, known, pass, fail, error, warn, note, notObserved, notApplicable } = tally(some);
    const accepted = anyKnown ? [known] : [];
    const counts = [cases, red, ...accepted, pass, fail, error, warn, note, notObserved, notApplicable];
    return [markdown(where), ...counts.map(String)];
  };
  const each = runs.map((run) => row(places([run]), [run]));
  return table(
    [
      ...['', 'Cases', 'Red', ...(anyKnown ? ['Known'] : []), 'Pass', 'Fail', 'Error', 'Warn', 'Note'],
      ...['Not observed', 'Not applicable'],
    ],
    runs.length === 1 ? each : [...each, row('All', runs)],
    '---:',
  );
}

/**
 * One workflow command for each red case and each stale entry; GitHub shows it on the run's page.
 * @param inRepository names the file of the known failures as the repository does
 */
export function errorAnnotations(results: Results, inRepository = (file: string) => file): string[] {
  const stale = results.stale.map((entry) => {
    const place = `file=${property(oneLine(inRepository(entry.file)))},line=${entry.line}`;
    const message = clip([staleText(entry), ...entry.replaceBy.map(oneLine)].join('\n'), 4 * cell);
    return `::error ${place},title=Stale known failure::${data(message)}`;
  });
  const red = redCases(results).map((one) => {
    const { runs, result, reasons } = one;
    const title = `${result.id} ${clip(caseTitle(result), 80)} (${revisionsOf(runs).join(', ')})`;
    const message = [
      ...reasons.map((reason) =>
        oneLine(
          `${reason.title}: expected ${clip(reason.expected, cell)}; seen: ${clip(reason.observed, cell)} ${reason.spec}`,
        ),
      ),
      `Again: ${rerunCommand([one], results)}`,
    ].join('\n');
    return `::error title=${property(oneLine(title))}::${data(message)}`;
  });
  return [...red, ...stale];
}

/**
 * Text in which GitHub finds no workflow command, however its lines were broken: what a server says may look like one.
 * Its runner takes `::` behind blanks for one, and `##[` anywhere.
 */
export function withoutCommands(text: string): string {
  return text.replace(/^(\s*)::/gm, '$1: :').replaceAll('##[', '## [');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
