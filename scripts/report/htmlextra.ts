import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { ConsoleEvent, NewmanRunExecution, NewmanRunFailure, NewmanRunSummary } from 'newman';
import { escapeHtml } from './html.ts';
import { inlineAssets } from './inline-assets.ts';

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
  reporter(report, { ...options, skipSensitiveData: false }, { newmanVersion: version });
  report.emit('beforeDone');
  const content = report.exports[0]?.content;
  if (content === undefined) throw new Error('htmlextra wrote no report.');
  return inlineAssets(adapt(squeeze(content), names));
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
    cursor: { ...part.cursor, iteration },
  });
  const iterationOf = ({ cursor }: { cursor: object }) => (cursor as { iteration: number }).iteration;
  const inOrder = <T extends { cursor: object }>(parts: T[], nameOf: (part: T) => string) =>
    parts.sort(
      (a, b) => iterationOf(a) - iterationOf(b) || order.indexOf(nameOf(a)) - order.indexOf(nameOf(b)),
    );
  const executions = inOrder(
    runs.flatMap((run, i) => {
      const iteration = place(run, i);
      // Item ids repeat from run to run, and htmlextra makes element ids of them.
      return run.run.executions.map((one) => ({ ...at(one, iteration), item: uniqueItem(one, iteration) }));
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
  const requests = sum(runs, (run) => run.run.stats.requests.total);
  return {
    collection: first.collection,
    environment: { name: [...new Set(runs.map((run) => run.environment?.name).filter(Boolean))].join(', ') },
    skippedTests: executions.flatMap(skipped),
    ...(logs && { consoleLogs: Object.assign({}, ...runs.map((run) => run.consoleLogs)) as ConsoleLogs }),
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
          sum(runs, (run) => run.run.timings.responseAverage * (run.run.stats.requests.total ?? 0)) /
            requests,
      },
    },
  };
}

/** Handlebars reads own properties only; the methods stay reachable through the prototype. */
function uniqueItem({ item }: NewmanRunExecution, iteration: number): { name: string } {
  return Object.create(item, {
    id: { value: `${item.id}-${iteration}`, enumerable: true },
    name: { value: item.name, enumerable: true },
  }) as { name: string };
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
      // The first keeps its reference, for "Expand All"; the others need element ids of their own.
      cursor: i === 0 ? cursor : { ...cursor, ref: `${cursor.ref}-${i}` },
    }));
}

function sum(runs: Summary[], of: (run: Summary) => number | undefined): number {
  return runs.reduce((total, run) => total + (of(run) ?? 0), 0);
}

/** Half of a report is indentation. What stands in these elements is text in which white space counts. */
function squeeze(html: string): string {
  return html
    .split(/(<(?:pre|code|textarea|script|style)\b[\s\S]*?<\/(?:pre|code|textarea|script|style)>)/i)
    .map((part, i) => (i % 2 === 1 ? outdent(part) : part.replace(/[ \t]*\n\s*/g, '\n')))
    .join('');
}

/** Handlebars indents the lines of a partial, those of the values in it too: bodies and logs would come out shifted. */
function outdent(element: string): string {
  const [first = '', ...lines] = element.split('\n');
  const indent = ' '.repeat(8);
  if (/^<(script|style)/i.test(first) || !lines.every((line) => line.startsWith(indent))) return element;
  return [first, ...lines.map((line) => line.slice(indent.length))].join('\n');
}

/** Bootstrap's tables and highlight.js's tokens are dark on dark; tabs and names are longer than htmlextra thought. */
const fixes = `
.table{color:inherit}
body.theme-dark .hljs{color:#ccd2d8!important}
body.theme-dark .hljs *{color:#ccd2d8}
body.theme-dark .hljs :is(.hljs-string,.hljs-number,.hljs-literal){color:#e8b77f}
body.theme-dark .hljs :is(.hljs-attr,.hljs-attribute,.hljs-keyword,.hljs-title){color:#9cc7f0}
body.theme-dark a:not(.btn){color:#8fc1f3}
.custom-tab{width:auto;min-width:69px}
pre{white-space:pre-wrap}
.datatable td,td.w-45{white-space:normal!important;overflow-wrap:anywhere}
@media(max-width:700px){.container{padding:0 4px}.card-body{padding:.6rem}.card-deck,.card-deck .card{width:100%!important}.text-wrap{min-width:0;overflow-wrap:anywhere}.display-1,.display-2{font-size:2.5rem}}
`;

/** What keeps the template from reading well in the dark, on a phone, and over several revisions. */
function adapt(html: string, names: string[]): string {
  const head = `<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'">
<style>${fixes}</style>
<script>try { localStorage.getItem('theme') || localStorage.setItem('theme', matchMedia('(prefers-color-scheme: light)').matches ? 'theme-light' : 'theme-dark') } catch {}</script>
</head>`;
  const labels = JSON.stringify(names).replaceAll('<', '\\x3C');
  const iterations = names.length > 1 ? 'Iterations' : 'Iteration';
  const named = [
    ['</head>', head],
    ['document.createTextNode((i + 1))', `document.createTextNode(${labels}[i])`],
    ['<h6 class="text-uppercase">Total Iterations</h6>', '<h6 class="text-uppercase">Revisions</h6>'],
    [`<h5>${names.length} ${iterations} available to view</h5>`, '<h5>Revisions</h5>'],
    ['innerHTML = `Iteration $', 'innerHTML = `Revision $'],
    ['innerHTML = "Iteration "', 'innerHTML = "Revision "'],
  ]
    .reduce((text, [old = '', now = '']) => replaceOnce(text, old, now), html)
    .replace(
      /(class="collapsed text-white z-block">\s*)Iteration:? (\d+) - /g,
      (_, before: string, n: string) => `${before}${escapeHtml(names[Number(n) - 1] ?? n)} - `,
    );
  // htmlextra numbers these within a folder, and every button copied the first request of the report.
  let bodies = 0;
  return named.replace(/(id="|data-clipboard-target="#)copyReqText-[^"]*/g, (_, attribute: string) => {
    if (attribute.startsWith('id')) bodies += 1;
    return `${attribute}copyReqText-${bodies}`;
  });
}

function replaceOnce(html: string, old: string, now: string): string {
  const at = html.indexOf(old);
  if (at < 0) throw new Error(`The htmlextra report has no ${old}: has its template changed?`);
  return html.slice(0, at) + now + html.slice(at + old.length);
}
