import type { CheckRecord, Strict, Verdict } from '../../collections/src/lib/record.ts';
import type { CaseResult } from '../runner/results.ts';
import { html, type Markup } from './html.ts';
import { isKnown, isMiss, isReason } from './red.ts';

/** A sign beside the word, so that neither colour nor shape carries the meaning alone. */
const signs: Record<Verdict, string> = {
  pass: '✓',
  fail: '✗',
  error: '✗',
  warn: '!',
  note: 'i',
  'not observed': '?',
  'not applicable': '–',
};

const meanings: [Verdict, string][] = [
  ['pass', 'what was expected was seen'],
  ['fail', 'a MUST of the specification is broken'],
  ['warn', 'an expectation below a MUST was missed; red or tolerated, as the strictness says'],
  ['note', 'the specification leaves it open, or its texts conflict: what happened is recorded'],
  ['not observed', 'the target offers no way to see it; this is not a pass'],
  [
    'not applicable',
    'the rule does not exist in this revision, or the target lacks the feature; this is not a pass',
  ],
  ['error', 'the harness broke, or the target failed a request that has nothing to do with cancellation'],
];

/** What the verdicts mean, as a list. */
export function wordList(): Markup {
  return html`<dl class="words">${meanings.map(([verdict, meaning]) => html`<div><dt>${chip(verdict)}</dt><dd>${meaning}</dd></div>`)}</dl>`;
}

/** The verdict of a case, and whether it is red, tolerated or known. */
export function caseChip(result: CaseResult): Markup {
  return isKnown(result) ? knownChip(result.verdict) : chip(result.verdict, result.red);
}

/** The verdict of a check, and whether its case is red for it. */
export function checkChip(check: CheckRecord, of: CaseResult, strict: Strict): Markup {
  if (isKnown(of) && isMiss(check, of, strict)) return knownChip(check.verdict);
  return chip(check.verdict, isReason(check, of, strict));
}

/** @param red left out where the word itself is meant */
export function chip(verdict: Verdict, red?: boolean): Markup {
  const more = red ? ' · red' : red === false && verdict === 'warn' && ' · tolerated';
  return labelled(verdict, red ? 'fail' : verdict.replace(' ', '-'), more);
}

/** What is known and accepted does not look like what is red. */
function knownChip(verdict: Verdict): Markup {
  return labelled(verdict, 'known', ' · known');
}

function labelled(verdict: Verdict, kind: string, more: string | false): Markup {
  return html`<span class="chip ${kind}"><span aria-hidden="true">${signs[verdict]}</span> ${verdict}${more}</span>`;
}

/** Only an address of the web becomes a link. */
export function ruleLink({ spec, title }: { spec: string; title: string }): Markup | false {
  return (
    /^https?:\/\//.test(spec) &&
    html`<a href="${spec}" rel="noreferrer">rule<span class="hidden">: ${title}</span></a>`
  );
}
