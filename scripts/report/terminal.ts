import pc from 'picocolors';
import type { Results } from '../runner/results.ts';
import { knownFailures, staleText, unusedText } from './known.ts';
import { places, revisionsOf } from './places.ts';
import { type Look, redBlocks, redList } from './terminal-red.ts';
import { clip, oneLine, visible, wrap } from './text.ts';
import { notObserved, pace, runLine, unsaidProblems, verdictSentence } from './verdict.ts';

export interface TerminalOptions {
  color: boolean;
  columns: number;
  reportsDir: string;
}

/**
 * What stands on the terminal when a run is over. Whoever reads it begins at its end, next to the prompt: there is
 * the verdict, with a line for each red case and a command; above it are the red cases, and above these what
 * explains the rest. Nothing in it depends on colour.
 */
export function terminalSummary(results: Results, options: TerminalOptions): string {
  const { bold, dim, green, red, yellow } = pc.createColors(options.color);
  const tone = [green, red, yellow, yellow][results.exitCode] ?? yellow;
  const look: Look = {
    columns: Math.max(40, options.columns),
    strong: (text: string) => bold(red(text)),
    dim,
  };
  const { runs } = results;
  const wide = (text: string, first = '') => wrap(text, look.columns, first);
  const width = Math.max(0, ...runs.map((run) => oneLine(places([run])).length));
  const slow = runs.filter((run) => run.lag);
  const ran = results.totals.cases > 0;
  return paragraphs([
    notObserved(results).flatMap(([why, ids]) =>
      wide(`${ids.join(', ')}: ${oneLine(why)}`, 'not observed  '),
    ),
    knownLines(results, look.columns),
    ...redBlocks(results, look),
    [
      ...wide(verdictSentence(results)).map((line) => bold(tone(line))),
      ...[...unsaidProblems(results), ...results.notices].flatMap((line) => wide(oneLine(line), '  - ')),
    ],
    redList(results, look),
    runs.length > 1
      ? runs.flatMap((run) => wide(runLine(run), `  ${oneLine(places([run])).padEnd(width)}  `))
      : [],
    [
      ...(slow.length > 0 ? wide(`Timings taken under load, not to be trusted: ${places(slow)}.`) : []),
      ...(ran ? wide(`${pace(results)}.`) : []),
      ...wide(`Reports: ${options.reportsDir.replace(/\/$/, '')}/index.html`),
    ],
  ]);
}

/** With an empty line between them. */
function paragraphs(all: string[][]): string {
  return all
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** What became of the known failures; empty where there are none. */
function knownLines(results: Results, columns: number): string[] {
  const known = knownFailures(results);
  return [
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
}
