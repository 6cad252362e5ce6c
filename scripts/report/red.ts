import type { CheckRecord, Strict, Verdict } from '../../collections/src/lib/record.ts';
import { isRed } from '../../collections/src/lib/verdict.ts';
import type { CaseResult, Results } from '../runner/results.ts';
import type { Place } from './places.ts';

/** Why a case is red: one of its checks, or the case as a whole where no check explains it. */
export type Reason = Omit<CheckRecord, 'level'>;

/** A case, told once for all the runs in which the same was seen. */
export interface SeenCase {
  /** The first of them first. */
  runs: Place[];
  /** As it was in the first of them. */
  result: CaseResult;
}

export interface RedCase extends SeenCase {
  /** As they were in the first of the runs, the worst first. */
  reasons: Reason[];
}

/** Whether this check is a reason for its case being red. */
export function isReason(check: CheckRecord, of: CaseResult, strict: Strict): boolean {
  return !isKnown(of) && isMiss(check, of, strict);
}

/** Whether this check makes its case red, or would if it were no known failure. */
export function isMiss(check: CheckRecord, of: CaseResult, strict: Strict): boolean {
  const counts = check.verdict !== 'warn' || of.red || isKnown(of);
  return counts && isRed(of.id, check.verdict, strict);
}

/** Whether the case is a known failure. An error is none, listed or not. */
export function isKnown(of: CaseResult): boolean {
  return of.known !== undefined && !of.red;
}

/**
 * What made the case red, or would have if it were no known failure. Never empty for such a case: a harness that
 * broke early leaves no check behind.
 */
export function reasons(of: CaseResult, strict: Strict): Reason[] {
  const checks = of.checks.filter((check) => isMiss(check, of, strict));
  if (checks.length > 0 || !(of.red || isKnown(of))) return checks;
  return [
    {
      title: 'The case as a whole',
      spec: '',
      verdict: of.verdict,
      expected: 'the case runs to its verdict',
      observed: `it ended as "${of.verdict}" without a check that explains it; its transcript shows how far it came`,
    },
  ];
}

/**
 * Every red case, once for all collections and revisions in which the same was seen: broken MUSTs first, then missed
 * effects of a cancellation, then other misses, and what tells nothing about a rule last. What is red in different
 * ways stands side by side; all else is in the order in which it ran.
 */
export function redCases(results: Results): RedCase[] {
  const { strict } = results;
  const seen = seenCases(
    results,
    (one) => one.red,
    (one) => withoutMeasures(JSON.stringify([one.fate, reasons(one, strict)])),
  );
  const red = seen.map((one) => ({ ...one, reasons: worstFirst(reasons(one.result, strict)) }));
  const ids = [...new Set(red.map(({ result }) => result.id))];
  return red.sort((a, b) => weight(a) - weight(b) || ids.indexOf(a.result.id) - ids.indexOf(b.result.id));
}

/**
 * The cases that are asked for, in the order in which they ran.
 * @param sameness what has to be equal for a case to be told once
 */
export function seenCases(
  { runs }: Results,
  wanted: (one: CaseResult) => boolean,
  sameness: (one: CaseResult) => string,
): SeenCase[] {
  const told = new Map<string, SeenCase>();
  for (const { collection, revision, cases } of runs)
    for (const result of cases.filter(wanted)) {
      const key = JSON.stringify([result.id, sameness(result)]);
      const one = told.get(key) ?? { runs: [], result };
      one.runs.push({ collection, revision });
      told.set(key, one);
    }
  return [...told.values()];
}

/** A broken MUST goes before what is red by policy, and an error tells nothing about the rule. */
const ORDER: Verdict[] = ['fail', 'warn', 'error'];

function worstFirst(all: Reason[]): Reason[] {
  return [...all].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
}

/** The lower, the more it says against the target. */
function weight({ result, reasons }: RedCase): number {
  const place = ORDER.indexOf(reasons[0]?.verdict ?? 'error');
  const isEffect = isRed(result.id, 'warn', 'effect');
  return ORDER[place] === 'warn' && !isEffect ? place + 0.5 : place;
}

/** Times and ticks are never the same twice, and each revision has its own pages, though the same was seen. */
export function withoutMeasures(text: string): string {
  return text.replace(/\d+(\.\d+)?(?= (ms|ticks?)\b)|(?<=\/specification\/)[\d-]+/g, '#');
}

/**
 * Under which policy a reason turned the case red; never calls a SHOULD a MUST.
 * @param listed whether the known failures have it, and it is red all the same
 */
export function whyRed(reason: Reason, strict: Strict, listed = false): string {
  if (reason.verdict === 'fail') return 'a MUST is broken: red however strict the run is';
  if (reason.verdict === 'error') {
    const though = listed
      ? ', also where its case is a known failure, as it tells nothing about the rule'
      : '';
    return `the harness broke or sanity failed: an error is always red${though}`;
  }
  return strict === 'should'
    ? 'not a MUST: red because strict=should counts every missed expectation'
    : `suite policy, not a MUST: red because strict=${strict} demands this effect of a cancellation`;
}
