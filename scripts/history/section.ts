import { ruleLink } from '../report/chips.ts';
import { html, type Markup } from '../report/html.ts';
import { rowId } from '../report/matrix.ts';
import { type Place, places } from '../report/places.ts';
import { caseTitle } from '../report/verdict.ts';
import type { CaseResult } from '../runner/results.ts';
import { type Change, type ChangedRule, type Changes, KINDS, type Lone } from './compare.ts';
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

/** The rules stand under what their case is now: a column of their own would leave no room for the others. */
function kindTable(heading: string, all: Change[]): Markup {
  return tableOf(
    heading,
    ['Case', 'Before', 'Now'],
    all.map(
      ({ runs, result, before, now, rules }) =>
        html`<tr>${caseHead(runs, caseLink(result))}<td>${before}</td><td>${now}${rules.slice(0, rulesTold).map(ruleLine)}${rules.length > rulesTold && html`<p>and ${rules.length - rulesTold} more</p>`}</td></tr>
`,
    ),
  );
}

function loneTable(all: Lone[]): Markup {
  return tableOf(
    'Ran in one of the runs only',
    ['Case', 'Which', 'Verdict'],
    all.map((one) => {
      // What ran only before has no row to link to.
      const name = one.result && (one.kind === 'new' ? caseLink(one.result) : caseName(one.result));
      return html`<tr>${caseHead(one.runs, name ?? html`The whole run`)}<td>${loneWord(one)}</td><td>${loneState(one)}</td></tr>
`;
    }),
  );
}

function tableOf(caption: string, columns: string[], body: Markup[]): Markup {
  return html`<table><caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${body}</tbody></table>
`;
}

function caseHead(runs: Place[], name: Markup): Markup {
  return html`<th scope="row">${name}<p class="where">${places(runs)}</p></th>`;
}

function caseLink(result: CaseResult): Markup {
  return html`<a href="#${rowId(result.id)}">${caseName(result)}</a>`;
}

function caseName(result: CaseResult): Markup {
  return html`<code>${result.id}</code> ${caseTitle(result)}`;
}

function ruleLine(rule: ChangedRule): Markup {
  return html`<p><strong>${rule.title}</strong>${rule.text && `: ${rule.text}`} ${ruleLink(rule)}</p>`;
}
