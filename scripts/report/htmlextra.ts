import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsoleEvent, NewmanRunExecution, NewmanRunFailure, NewmanRunSummary } from 'newman';
import { htmlextraTemplate } from './htmlextra-template.ts';
import { inlineAssets } from './inline-assets.ts';
import { type LeftOut, leftOut } from './left-out.ts';

const require = createRequire(import.meta.url);

type Reporter = (newman: EventEmitter, options: object, run: { newmanVersion: string }) => void;
type ConsoleLogs = Record<string, ConsoleEvent[]>;
/** What Newman has and its types leave out. */
type Summary = NewmanRunSummary & {
  consoleLogs?: ConsoleLogs;
  run: { transfers?: { responseTotal: number } };
};
type Report = EventEmitter & { summary: object; exports: { content: string }[] };

export interface HtmlextraOptions {
  title: string;
  browserTitle: string;
  /** The names of the requests in the collection's order, where a revision ran in several parts. */
  order?: string[];
  /** Show the console lines that `keepConsole` kept. */
  logs?: boolean;
}

/** Keeps a run's console lines in its summary, from where `htmlextraReport` takes them. Call it before the run starts. */
export function keepConsole(newman: EventEmitter): void {
  newman.on('console', (error: unknown, event: ConsoleEvent) => {
    const { summary } = newman as EventEmitter & { summary?: Summary };
    if (error || !summary) return;
    summary.consoleLogs ??= {};
    summary.consoleLogs[event.cursor.ref] ??= [];
    summary.consoleLogs[event.cursor.ref]?.push(event);
  });
}

/**
 * One self-contained htmlextra report over several runs of one collection. Each revision, in however many runs, is
 * shown under the tab that htmlextra has for an iteration.
 */
export function htmlextraReport(runs: NewmanRunSummary[], options: HtmlextraOptions): string {
  const names = [...new Set(runs.map(nameOf))];
  const report = Object.assign(new EventEmitter(), {
    summary: merge(runs as Summary[], names, options),
    exports: [],
  }) as Report;
  // Loaded here: the reporter takes half a second to load, and a run that ends early makes no report.
  const reporter = require('newman-reporter-htmlextra') as Reporter;
  const { version } = require('newman/package.json') as { version: string };
  withFile(htmlextraTemplate(names), (template) =>
    reporter(report, { ...options, template, noSyntaxHighlighting: true }, { newmanVersion: version }),
  );
  report.emit('beforeDone');
  const content = report.exports[0]?.content;
  if (content === undefined) throw new Error('htmlextra wrote no report.');
  return inlineAssets(content);
}

/** htmlextra takes a template as a file alone. */
function withFile(content: string, use: (file: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'htmlextra-'));
  try {
    const file = join(dir, 'template.hbs');
    writeFileSync(file, content);
    use(file);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A run is known by the revision it asked for. */
function nameOf(run: NewmanRunSummary, index: number): string {
  const revision: unknown = run.environment?.get('protocolVersion');
  return String(revision || run.environment?.name || `run ${index + 1}`);
}

function merge(
  runs: Summary[],
  names: string[],
  { order = [], logs = false }: Pick<HtmlextraOptions, 'order' | 'logs'>,
): object {
  const first = runs[0];
  if (!first) throw new Error('There is no run to report on.');
  const place = (run: Summary, index: number) => names.indexOf(nameOf(run, index));
  const at = <T extends { cursor: object }>(part: T, iteration: number): T => ({
    ...part,
    cursor: { ...part.cursor, iteration, revision: names[iteration] },
  });
  const iterationOf = ({ cursor }: { cursor: object }) => (cursor as { iteration: number }).iteration;
  const inOrder = <T extends { cursor: object }>(parts: T[], nameOf: (part: T) => string) =>
    parts.sort(
      (a, b) => iterationOf(a) - iterationOf(b) || order.indexOf(nameOf(a)) - order.indexOf(nameOf(b)),
    );
  const consoleLogs: ConsoleLogs = logs ? Object.assign({}, ...runs.map((run) => run.consoleLogs)) : {};
  const requests = sum(runs, (run) => run.run.executions.length);
  const executions = inOrder(
    runs.flatMap((run, i) => {
      const iteration = place(run, i);
      return run.run.executions.map((one) => ({
        ...at(one, iteration),
        item: shownItem(one, iteration, leftOut(one, requests, consoleLogs[one.cursor.ref])),
      }));
    }),
    ({ item }) => item.name,
  );
  const stats = structuredClone(first.run.stats) as Record<
    string,
    { total: number; pending: number; failed: number }
  >;
  for (const [name, stat] of Object.entries(stats)) {
    for (const key of ['total', 'pending', 'failed'] as const) {
      stat[key] = sum(runs, (run) => run.run.stats[name as keyof typeof run.run.stats]?.[key]);
    }
  }
  if (stats.iterations) stats.iterations.total = names.length;
  return {
    collection: first.collection,
    environment: { name: [...new Set(runs.map((run) => run.environment?.name).filter(Boolean))].join(', ') },
    skippedTests: executions.flatMap(skipped),
    consoleLogs,
    run: {
      stats,
      executions,
      failures: inOrder(
        runs.flatMap((run, i) =>
          run.run.failures.map((failure: NewmanRunFailure) => at(failure, place(run, i))),
        ),
        ({ source }) => source?.name ?? '',
      ),
      transfers: { responseTotal: sum(runs, (run) => run.run.transfers?.responseTotal) },
      timings: {
        started: Math.min(...runs.map((run) => run.run.timings.started ?? Number.POSITIVE_INFINITY)),
        completed: Math.max(...runs.map((run) => run.run.timings.completed ?? 0)),
        responseAverage:
          requests &&
          sum(runs, (run) => run.run.timings.responseAverage * run.run.executions.length) / requests,
      },
    },
  };
}

/** Handlebars reads own properties only; the methods stay reachable through the prototype. */
function shownItem({ item }: NewmanRunExecution, iteration: number, left: LeftOut | undefined) {
  const own = {
    // Item ids repeat from run to run, and htmlextra makes element ids of them.
    id: `${item.id}-${iteration}`,
    name: item.name,
    leftOut: left,
  };
  return Object.create(item, Object.getOwnPropertyDescriptors(own)) as typeof own;
}

/** htmlextra learns of skipped tests from live events; here there are none, but the executions know them. */
function skipped({
  cursor,
  item,
  assertions = [],
}: Pick<NewmanRunExecution, 'cursor' | 'assertions'> & { item: object }): object[] {
  return assertions
    .filter((one) => one.skipped)
    .map((one, i) => ({
      assertion: one.assertion,
      item,
      // Several of one request need element ids of their own.
      cursor: { ...cursor, ref: `${cursor.ref}-${i}` },
    }));
}

function sum(runs: Summary[], of: (run: Summary) => number | undefined): number {
  return runs.reduce((total, run) => total + (of(run) ?? 0), 0);
}
