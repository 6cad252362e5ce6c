import pc from 'picocolors';
import type { Results } from '../runner/results.ts';
import { rerunCommand } from './again.ts';
import { knownFailures, staleText, unusedText } from './known.ts';
import { places, revisionsOf } from './places.ts';
import { type RedCase, redCases, whyRed } from './red.ts';
import { clip, oneLine, visible, wrap } from './text.ts';
import {
  caseTitle,
  countsLine,
  notObserved,
  pace,
  runLine,
  unsaidProblems,
  verdictSentence,
} from './verdict.ts';

export interface TerminalOptions {
  color: boolean;
  columns: number;
  reportsDir: string;
}

/** What stands on the terminal when a run is over. Nothing in it depends on colour. */
export function terminalSummary(results: Results, options: TerminalOptions): string {
  const { bold, green, red, yellow } = pc.createColors(options.color);
  const tone = [green, red, yellow, yellow][results.exitCode] ?? yellow;
  const columns = Math.max(40, options.columns);
  const width = Math.max(0, ...results.runs.map((run) => oneLine(places([run])).length));
  const lines: string[] = [];
  const block = (text: string, first = '', paint = (line: string) => line) =>
    lines.push(...wrap(text, columns, first).map(paint));

  block(verdictSentence(results), '', (line) => bold(tone(line)));
  for (const line of [...unsaidProblems(results), ...results.notices]) block(oneLine(line), '  - ');
  lines.push('');
  if (results.totals.cases > 0) block(countsLine(results));
  if (results.runs.length > 1)
    for (const run of results.runs) block(runLine(run), `  ${oneLine(places([run])).padEnd(width)}  `);
  for (const one of redCases(results)) lines.push('', ...redBlock(one, results, columns, options));
  lines.push(...knownBlock(results, columns));
  const unseen = notObserved(results);
  if (unseen.length > 0) lines.push('');
  for (const [why, ids] of unseen) block(`${ids.join(', ')}: ${oneLine(why)}`, 'not observed  ');
  if (results.totals.cases > 0) lines.push('');
  const slow = results.runs.filter((run) => run.lag);
  if (slow.length > 0) block(`Timings taken under load, not to be trusted: ${places(slow)}.`);
  if (results.totals.cases > 0) block(`${pace(results)}.`);
  block(`Reports: ${options.reportsDir.replace(/\/$/, '')}/index.html`);
  return `${lines.join('\n')}\n`;
}

/** What became of the known failures; empty where there are none. */
function knownBlock(results: Results, columns: number): string[] {
  const known = knownFailures(results);
  const lines = [
    ...known.flatMap((one) =>
      wrap(
        `${one.result.id} ${revisionsOf(one.runs).join(', ')}: ${clip(oneLine(one.reason), 320)}`,
        columns,
        'known   ',
      ),
    ),
    ...results.stale.flatMap((entry) => [
      ...wrap(staleText(entry), columns, 'stale   '),
      // Never wrapped: these are there to be copied.
      ...entry.replaceBy.flatMap((line) => visible(line).split('\n')).map((line) => `        ${line}`),
    ]),
    ...results.unused.flatMap((entry) => wrap(unusedText(entry), columns, 'unused  ')),
  ];
  return lines.length > 0 ? ['', ...lines] : [];
}

function redBlock(one: RedCase, results: Results, columns: number, options: TerminalOptions): string[] {
  const { bold, dim, red } = pc.createColors(options.color);
  const { runs, result, reasons } = one;
  const head = wrap(`${caseTitle(result)} (${places(runs)})`, columns, `${oneLine(result.id)}  `);
  const lines = head.map((line) => bold(red(line)));
  const row = (label: string, text: string) => {
    const [first = '', ...rest] = wrap(clip(oneLine(text), 320), columns, `  ${label.padEnd(9)} `);
    lines.push(first.replace(label, dim(label)), ...rest);
  };
  // A case that broke says the same of each of its checks.
  const broken = reasons.every(
    ({ verdict, observed }) => verdict === 'error' && observed === reasons[0]?.observed,
  );
  if (broken) row('error', reasons[0]?.observed ?? '');
  const [first] = reasons;
  if (broken && first && result.known !== undefined) row('why red', whyRed(first, results.strict, true));
  for (const reason of broken ? [] : reasons) {
    row('rule', reason.title);
    if (reason.spec) row('', reason.spec);
    row('expected', reason.expected);
    row('seen', reason.observed);
    row('why red', whyRed(reason, results.strict, result.known !== undefined));
  }
  if (result.fate) row('exchange', result.fate);
  // Never wrapped: a command is there to be copied.
  lines.push(`  ${dim('again')}     ${rerunCommand(one, results)}`);
  return lines;
}
