import type { CheckRecord, Evidence } from '../../collections/src/lib/record.ts';
import type { CaseResult, Results, RunResult } from '../runner/results.ts';
import { caseChip, checkChip, ruleLink } from './chips.ts';
import { html, type Markup } from './html.ts';
import { markdown } from './markdown.ts';
import { duration } from './text.ts';
import { cancelledCalls } from './timeline/cancels.ts';
import { story } from './timeline/story.ts';

/** A case in one of the runs that it was in. */
export type Placed = { run: RunResult; result: CaseResult };

const evidences: Record<Evidence, string> = {
  witness: 'the witness, a second channel that tells what the handler really did',
  inferred: 'inferred: progress went quiet and no result came',
  none: 'none: nothing told whether the handler stopped',
};

/** What a case does and why, and what came of it in each run; what is red comes first. */
export function caseDetail(all: Placed[], results: Results): Markup {
  const about = results.about[all[0]?.result.id ?? ''];
  const ordered = all.toSorted((a, b) => Number(b.result.red) - Number(a.result.red));
  return html`${about && html`<div class="about">${markdown(about)}</div>`}
${ordered.map(({ run, result }) => runDetail(run, result, results))}`;
}

function runDetail(run: RunResult, result: CaseResult, results: Results): Markup {
  return html`<section data-run="${run.collection} ${run.revision}"><h4>${run.revision} <small>${run.collection}</small> ${caseChip(result)}</h4>
${result.known !== undefined && html`<p>Known: <strong>${result.known}</strong></p>`}
<ol class="checks">${result.checks.map((check) => checkItem(check, checkChip(check, result, results.strict)))}</ol>
<dl class="facts"><div><dt>Exchange</dt><dd>${result.fate ?? 'nothing was cancelled'}</dd></div>
<div><dt>Evidence</dt><dd>${evidences[result.evidence]}</dd></div>
<div><dt>Cancel to end</dt><dd>${cancelToEnd(run, result)}</dd></div>
<div><dt>What happened</dt><dd class="story">${story(result.exchanges)}</dd></div></dl>
<div class="picture"></div>
</section>
`;
}

function checkItem(check: CheckRecord, chip: Markup): Markup {
  return html`<li><p class="check">${chip} <strong>${check.title}</strong> ${!check.title.startsWith(check.level) && html`<span class="quiet">${check.level}</span> `}${ruleLink(check)}</p>
<dl><div><dt>Expected</dt><dd>${check.expected}</dd></div><div><dt>Observed</dt><dd>${check.observed}</dd></div></dl></li>
`;
}

/** The case's own script sees an end some milliseconds after it came over the wire. */
function cancelToEnd(run: RunResult, { cancelMs, exchanges }: CaseResult): string {
  const onWire = cancelledCalls(exchanges).filter(({ outcome }) => outcome === 'cancel');
  const [only] = onWire.length === 1 ? onWire : [];
  const times = [
    only && `${duration(only.toMs - only.fromMs)} on the wire`,
    cancelMs !== null && `${duration(cancelMs)} as the script that judged saw it`,
  ].filter(Boolean);
  return times.length === 0 ? 'not measured' : `${times.join('; ')}${run.lag ? '; under load' : ''}`;
}
