import type { CheckRecord, Evidence } from '../../collections/src/lib/record.ts';
import type { CaseResult, Results, RunResult } from '../runner/results.ts';
import { caseChip, checkChip, ruleLink } from './chips.ts';
import { html, type Markup } from './html.ts';
import { prose } from './prose.ts';
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
  return html`${about && html`<div class="about">${prose(about)}</div>`}
${ordered.map(({ run, result }) => runDetail(run, result, results))}`;
}

function runDetail(run: RunResult, result: CaseResult, results: Results): Markup {
  return html`<section data-run="${run.collection} ${run.revision}"><h3>${run.revision} <small>${run.collection}</small> ${caseChip(result)}</h3>
${result.known !== undefined && html`<p>Known: <strong>${result.known}</strong></p>`}
<ol class="checks">${result.checks.map((check) => checkItem(check, checkChip(check, result, results.strict)))}</ol>
<dl class="facts">${fact('Exchange', result.fate)}
${fact('Evidence', evidences[result.evidence])}
${fact('Cancel to end', cancelToEnd(run, result))}
<div><dt>What happened</dt><dd class="story">${happened(result)}</dd></div></dl>
<div class="picture"></div>
</section>
`;
}

/** An older version of the suite recorded no exchanges, but what its script saw. */
function happened({ exchanges, transcript }: CaseResult): string {
  return exchanges.length === 0 && transcript !== '' ? 'No exchanges were recorded.' : story(exchanges);
}

/** A case without a cancelled call of its own has nothing to say of its end. */
function fact(name: string, value: string | null): Markup | false {
  return value !== null && html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function checkItem(check: CheckRecord, chip: Markup): Markup {
  return html`<li><p class="check">${chip} <strong>${check.title}</strong> ${!check.title.startsWith(check.level) && html`<span class="quiet">${check.level}</span> `}${ruleLink(check)}</p>
<dl><div><dt>Expected</dt><dd>${check.expected}</dd></div><div><dt>Observed</dt><dd>${check.observed}</dd></div></dl></li>
`;
}

/** The case's own script sees an end some milliseconds after it came over the wire. */
function cancelToEnd(run: RunResult, { fate, cancelMs, exchanges }: CaseResult): string | null {
  const onWire = cancelledCalls(exchanges).filter(({ outcome }) => outcome === 'cancel');
  const [only] = onWire.length === 1 ? onWire : [];
  const times = [
    only && `${duration(only.toMs - only.fromMs)} on the wire`,
    cancelMs !== null && `${duration(cancelMs)} as the script that judged saw it`,
  ].filter(Boolean);
  if (times.length === 0) return fate === null ? null : 'not measured';
  return `${times.join('; ')}${run.lag ? '; under load' : ''}`;
}
