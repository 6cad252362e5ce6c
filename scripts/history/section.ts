import { html, type Markup } from '../report/html.ts';
import { places } from '../report/places.ts';
import { caseTitle } from '../report/verdict.ts';
import type { CaseResult } from '../runner/results.ts';
import { type Change, type ChangedRule, type Changes, KINDS, type Lone } from './compare.ts';
import { changesSentence, differences, HEADINGS, LATENCY_RULE, loneState, loneWord, since } from './words.ts';

/** What changed since another run, for the index page. */
export function changesSection(changes: Changes): Markup {
  const lines = differences(changes);
  return html`<section aria-labelledby="changes"><h2 id="changes">What changed since ${since(changes)}</h2>
<p><strong>${changesSentence(changes)}</strong></p>
${lines.length > 0 && html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`}
${KINDS.map((kind) => {
  const all = changes.changes.filter((one) => one.kind === kind);
  return all.length > 0 && kindTable(HEADINGS[kind], all);
})}
${changes.lone.length > 0 && loneTable(changes.lone)}
<p class="quiet">${LATENCY_RULE}</p>
</section>
`;
}

function kindTable(heading: string, all: Change[]): Markup {
  const withRules = all.some(({ rules }) => rules.length > 0);
  const columns = ['Case', 'Where', 'Before', 'Now', ...(withRules ? ['Rule'] : [])];
  return tableOf(
    heading,
    columns,
    all.map(
      ({ runs, result, before, now, rules }) =>
        html`<tr>${caseHead(result)}<td>${places(runs)}</td><td>${before}</td><td>${now}</td>${withRules && html`<td>${rules.map(ruleLine)}</td>`}</tr>
`,
    ),
  );
}

function loneTable(all: Lone[]): Markup {
  return tableOf(
    'Ran in one of the runs only',
    ['Case', 'Where', 'Which', 'Verdict'],
    all.map(
      (one) =>
        html`<tr>${one.result ? caseHead(one.result) : html`<th scope="row">the whole run</th>`}<td>${places(one.runs)}</td><td>${loneWord(one)}</td><td>${loneState(one)}</td></tr>
`,
    ),
  );
}

function tableOf(caption: string, columns: string[], body: Markup[]): Markup {
  return html`<table><caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${body}</tbody></table>
`;
}

function caseHead(result: CaseResult): Markup {
  return html`<th scope="row"><code>${result.id}</code> ${caseTitle(result)}</th>`;
}

function ruleLine({ title, spec, text }: ChangedRule): Markup {
  const isLink = /^https?:\/\//.test(spec);
  const name = isLink ? html`<a href="${spec}" rel="noreferrer">${title}</a>` : title;
  return html`<p>${name}${text && `: ${text}`}</p>`;
}
