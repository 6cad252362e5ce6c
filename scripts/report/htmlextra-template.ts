import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { styleFixes } from './htmlextra-style.ts';

const require = createRequire(import.meta.url);

const head = `<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'">
<style>${styleFixes}</style>
<script>try { localStorage.getItem('theme') || localStorage.setItem('theme', matchMedia('(prefers-color-scheme: light)').matches ? 'theme-light' : 'theme-dark') } catch {}</script>
</head>`;

const leftOut =
  '<p class="left-out">left out: {{item.leftOut.size}} of headers, bodies and console lines, as {{item.leftOut.why}}; see <a href="index.html#{{item.leftOut.id}}">index.html</a></p>';

/**
 * The template of htmlextra 1.23.1, changed: lighter, and made for revisions instead of iterations. Throws where it is
 * no longer what this was written for.
 * @param revisions what the iterations are called, in their order
 */
export function htmlextraTemplate(revisions: string[]): string {
  const labels = JSON.stringify(revisions).replace(
    /[<{}]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16)}`,
  );
  return [
    ...tables,
    ...evidence,
    ...expanding,
    ...naming,
    change('document.createTextNode((i + 1))', `document.createTextNode(${labels}[i])`),
    change('</head>', head),
  ].reduce((template, edit) => edit(template), outdented());
}

type Edit = (template: string) => string;

/** Half of a report would be indentation, and Handlebars would indent bodies and logs like the partial around them. */
function outdented(): string {
  const file = require.resolve('newman-reporter-htmlextra/lib/dashboard-template.hbs');
  return readFileSync(file, 'utf8').replace(/\s*\n\s*/g, '\n');
}

/** Sorting and searching three tests costs 100 kB, and seconds at the start for a few hundred requests. */
const tables: Edit[] = [
  change(/<link [^>]*datatables\.min\.css"\/>\n/, ''),
  change(/<script [^>]*datatables\.min\.js"><\/script>\n/, ''),
  change(/<!-- Data Table Configuration -->\n<script>[\s\S]*?<\/script>\n/, ''),
  change(/<link [^>]*styles\/default\.min\.css">\n/, ''),
  // The one icon of a font of its own.
  change('far fa-thumbs-up', 'fas fa-thumbs-up', 2),
];

const evidence: Edit[] = [
  change(
    '{{#with request}}\n{{#unless @root.omitHeaders}}',
    (found) => `{{#if item.leftOut}}\n${leftOut}\n{{else}}\n${found}`,
  ),
  change(
    /<div class="row">\n<div class="card border-info">\n<div class="card-body">\n<h5 [^>]*>Test Information/,
    (found) => `{{/if}}\n${found}`,
  ),
  change(
    /<div class="row \{\{#lte cumulativeTests.failed 0}}d-none\{\{\/lte}}">([\s\S]*?)(?=\{\{else}}\n<h5 [^>]*>No Tests for this)/,
    (_, failures) => `{{#if cumulativeTests.failed}}\n<div class="row">${failures}{{/if}}\n`,
  ),
  // It numbers these within a folder, and every button would copy the first request of the report.
  change('copyReqText-{{@key}}', 'copyReqText-{{../item.id}}', 9),
];

/** To expand everything it has four lines of script for each request, twice. */
const expanding: Edit[] = [
  change(
    /\{\{#each aggregations}}\n\{\{#each executions}}\n((?:\$\('#[^\n]*\n)+)\{\{\/each}}\n\{\{\/each}}/g,
    (_, lines) => lines.replace(/#([a-z-]+-)\{\{cursor.ref}}/g, '[id^="$1"]'),
    4,
  ),
];

const naming: Edit[] = [
  change(/Iteration:? \{\{inc cursor.iteration}} - /g, '{{cursor.revision}} - ', 3),
  change('>Total Iterations<', '>Revisions<'),
  change(/<h5>\{\{stats.iterations.total}} .* available to view<\/h5>/, '<h5>Revisions</h5>'),
  change('innerHTML = `Iteration $', 'innerHTML = `Revision $'),
  change('innerHTML = "Iteration "', 'innerHTML = "Revision "'),
];

/** @param times how often it has to be there */
function change(
  what: string | RegExp,
  by: string | ((found: string, group: string) => string),
  times = 1,
): Edit {
  return (template) => {
    let found = 0;
    const changed = template.replaceAll(
      what instanceof RegExp ? new RegExp(what, 'g') : what,
      (text: string, group: string) => {
        found += 1;
        return typeof by === 'string' ? by : by(text, group);
      },
    );
    if (found !== times)
      throw new Error(`htmlextra's template has ${what} ${found} times, not ${times}: has it changed?`);
    return changed;
  };
}
