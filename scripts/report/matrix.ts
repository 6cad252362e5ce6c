import type { CaseResult, Results } from '../runner/results.ts';
import { caseDetail, type Placed } from './case-detail.ts';
import { caseChip } from './chips.ts';
import { html, type Markup } from './html.ts';
import { isKnown } from './red.ts';
import { caseTitle, unspoken } from './verdict.ts';

/** The id of the row that holds a case in all its runs. */
export function rowId(id: string): string {
  return id.replace(/[^\w.-]/g, '-');
}

/** Every case in each revision, by group, and what is behind it. */
export function matrix(results: Results): Markup | false {
  const revisions = [...new Set(results.runs.map(({ revision }) => revision))].sort();
  const groups = grouped(results);
  const silent = unspoken(results.runs);
  const late = (revision: string) => results.runs.some((run) => run.revision === revision && run.lag);
  return (
    groups.size > 0 &&
    html`${filterForm([...groups.keys()])}
<table id="matrix"><caption>Each case in each revision: its verdict, and how the exchange of the cancelled call ended</caption>
<thead><tr><th scope="col">Case</th>${revisions.map(
      (revision) =>
        html`<th scope="col">${revision}${late(revision) && html` <small>timings taken under load</small>`}${silent.includes(revision) && html` <small>the target does not speak it</small>`}</th>`,
    )}</tr></thead>
${[...groups].map(
  ([group, cases]) =>
    html`<tbody data-group="${group}"><tr class="group"><th colspan="${revisions.length + 1}" scope="rowgroup">${group}</th></tr>
${[...cases.values()].map((all) => caseRows(all, revisions, results))}</tbody>
`,
)}</table>
<p id="no-case" hidden>No case is like this. <button type="reset" form="filter">Show all cases</button></p>`
  );
}

/** The runs of each case; a case of several collections stands in its first group. */
function grouped(results: Results): Map<string, Map<string, Placed[]>> {
  const groups = new Map<string, Map<string, Placed[]>>();
  const homes = new Map<string, Placed[]>();
  for (const run of results.runs)
    for (const result of run.cases) {
      const home = homes.get(result.id);
      if (home) home.push({ run, result });
      else {
        const placed = [{ run, result }];
        homes.set(result.id, placed);
        groups.set(result.group, (groups.get(result.group) ?? new Map()).set(result.id, placed));
      }
    }
  return groups;
}

function caseRows(all: Placed[], revisions: string[], results: Results): Markup | false {
  const [first] = all;
  if (!first) return false;
  const { id } = first.result;
  const words = (of: (one: CaseResult) => string[]) =>
    [...new Set(all.flatMap(({ result }) => of(result)))].join(',');
  return html`<tr class="case" id="${rowId(id)}" data-case="${id}" data-verdicts="${words(verdictWords)}" data-levels="${words(({ checks }) => checks.map(({ level }) => level))}"><th scope="row"><button type="button" aria-expanded="false" aria-controls="${rowId(id)}.detail"><code>${id}</code> ${caseTitle(first.result)}</button></th>${revisions.map((revision) => cell(all.filter(({ run }) => run.revision === revision)))}</tr>
<tr class="detail" id="${rowId(id)}.detail" hidden><td colspan="${revisions.length + 1}">${caseDetail(all, results)}</td></tr>
`;
}

/** What the filter can ask for. */
function verdictWords(result: CaseResult): string[] {
  return [result.verdict, ...(result.red ? ['red'] : []), ...(isKnown(result) ? ['known'] : [])];
}

/** What collections agree upon is said once. */
function cell(here: Placed[]): Markup {
  if (here.length === 0) return html`<td><span class="quiet">not run</span></td>`;
  const said = here.map(({ run, result }) => ({
    collection: run.collection,
    text: html`${caseChip(result)} <small>${result.fate ?? ''}</small>`,
  }));
  const all = new Set(said.map(({ text }) => text.text)).size === 1 ? said.slice(0, 1) : said;
  return html`<td>${all.map(
    ({ collection, text }) => html`<p>${all.length > 1 && html`<small>${collection}</small> `}${text}</p>`,
  )}</td>`;
}

/** Of use with the page's script alone, which shows it. */
function filterForm(groups: string[]): Markup {
  const verdicts = [
    'red',
    'fail',
    'error',
    'warn',
    'known',
    'note',
    'not observed',
    'not applicable',
    'pass',
  ];
  const select = (label: string, name: string, options: string[]) =>
    html`<label>${label} <select name="${name}"><option value="">all</option>${options.map((one) => html`<option value="${one}">${one === 'known' ? 'known failure' : one}</option>`)}</select></label>`;
  return html`<form id="filter" role="search" aria-label="Cases" hidden>
${select('Verdict', 'verdict', verdicts)}
${select('Level', 'level', ['MUST', 'SHOULD', 'MAY', 'DERIVED', 'AMBIG'])}
${select('Group', 'group', groups)}
<label class="text">Text <input name="text" type="search" autocomplete="off" spellcheck="false"></label>
<button type="reset">Clear</button>
<output id="shown" aria-live="polite"></output>
</form>`;
}
