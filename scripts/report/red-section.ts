import type { Results } from '../runner/results.ts';
import { rerunCommand } from './again.ts';
import { chip, ruleLink } from './chips.ts';
import { html, type Markup } from './html.ts';
import { rowId } from './matrix.ts';
import { places } from './places.ts';
import { prose } from './prose.ts';
import { type RedCase, redCases, whyRed } from './red.ts';
import { caseTitle } from './verdict.ts';

/** What is red, why, and how it is run again; nothing where nothing is. */
export function redSection(results: Results): Markup | false {
  const red = redCases(results);
  return (
    red.length > 0 &&
    html`<section aria-labelledby="red"><h2 id="red" tabindex="-1">What is red</h2>
${red.map((one, i) => redArticle(one, results, red[i - 1]?.result.id !== one.result.id))}</section>`
  );
}

/** @param first whether it is the first that is told of its case */
function redArticle(one: RedCase, results: Results, first: boolean): Markup {
  const { runs, result, reasons } = one;
  const [about = ''] = (results.about[result.id] ?? '').split('\n\n');
  return html`<article class="red">
<h3><code>${result.id}</code> ${caseTitle(result)}</h3>
<p class="where">${places(runs)} · <a href="#${rowId(result.id)}">picture and evidence<span class="hidden"> of ${result.id}</span></a></p>
${first && about && html`<div class="about">${prose(about)}</div>`}
<ul class="checks">${reasons.map(
    (reason) => html`<li>
<p class="check">${chip(reason.verdict, true)} <strong>${reason.title}</strong> ${ruleLink(reason)}</p>
<dl><div><dt>Expected</dt><dd>${reason.expected}</dd></div>
<div><dt>Observed</dt><dd>${reason.observed}</dd></div>
<div><dt>Why red</dt><dd>${whyRed(reason, results.strict, result.known !== undefined)}</dd></div></dl></li>`,
  )}</ul>
<p class="again"><span class="quiet">Run it again</span> <code>${rerunCommand([one], results)}</code></p>
</article>
`;
}
