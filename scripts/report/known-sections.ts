import type { Results } from '../runner/results.ts';
import { html, type Markup } from './html.ts';
import { type KnownFailure, knownFailures, staleText, unusedText } from './known.ts';
import { rowId } from './matrix.ts';
import { places } from './places.ts';
import { caseTitle } from './verdict.ts';

/**
 * What became of the known failures, for the index page: what is stale, what failed as it is known to, and what was
 * not put to use.
 */
export function knownSections(results: Results): Array<Markup | false> {
  const known = knownFailures(results);
  const { stale, unused } = results;
  return [
    stale.length > 0 &&
      html`<section aria-labelledby="stale"><h2 id="stale">Stale known failures</h2>
<ul>${stale.map(
        (entry) =>
          html`<li>${staleText(entry)}${entry.replaceBy.map((line) => html`<br><code>${line}</code>`)}</li>`,
      )}</ul></section>`,
    known.length + unused.length > 0 &&
      html`<section aria-labelledby="known"><h2 id="known" tabindex="-1">Known failures</h2>
<ul>${known.map(knownItem)}${unused.map((entry) => html`<li>Unused: ${unusedText(entry)}</li>`)}</ul></section>`,
  ];
}

function knownItem(one: KnownFailure): Markup {
  const { reason, result, misses } = one;
  const seen = misses.map(({ observed }) => observed).join('; ');
  return html`<li><code>${result.id}</code> ${caseTitle(result)}: <strong>${reason}</strong>
<p class="where">${places(one.runs)} · seen: ${seen} · <a href="#${rowId(result.id)}">picture and evidence<span class="hidden"> of ${result.id}</span></a></p></li>
`;
}
