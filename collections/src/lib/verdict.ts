import type { CheckRecord, Level, Strict, Verdict } from './record.ts';

/**
 * Cases whose miss turns a run red although the specification only says SHOULD, or says nothing:
 * without them "cancelled" means nothing to a user. Named "suite policy" wherever it shows.
 * `R-*` is what the reference server promises, `A-*` what its applications do, `S-*` the handshake nothing works
 * without.
 */
const EFFECT_POLICY = /^(L-EFF-1|L-EFF-4|L-EFF-7|L-ID-1|L-ID-3|L-SES-4|L-SES-5|R-.+|A-.+|S-.+)$/;

const WORST_FIRST: Verdict[] = ['error', 'fail', 'warn', 'not observed', 'note', 'pass', 'not applicable'];

/** What a check that was observed concludes: a miss weighs as much as its level. */
export function judge(level: Level, ok: boolean): Verdict {
  if (ok) return level === 'MAY' || level === 'AMBIG' ? 'note' : 'pass';
  if (level === 'MUST') return 'fail';
  return level === 'MAY' || level === 'AMBIG' ? 'note' : 'warn';
}

/** A case is as good as its worst check; checks that do not apply count only where nothing else does. */
export function worst(verdicts: Verdict[]): Verdict {
  for (const verdict of WORST_FIRST) if (verdicts.indexOf(verdict) >= 0) return verdict;
  return 'error';
}

/** Whether a miss of this case beyond its MUSTs is red by suite policy. */
function isSuitePolicy(caseId: string): boolean {
  return EFFECT_POLICY.test(caseId);
}

/** Whether this verdict of a check, or of a case, turns the run red. */
export function isRed(caseId: string, verdict: Verdict, strict: Strict): boolean {
  if (verdict === 'error' || verdict === 'fail') return true;
  if (verdict !== 'warn') return false;
  return strict === 'should' || (strict === 'effect' && isSuitePolicy(caseId));
}

/** The message of a red check: what was expected, what was seen, and what says so. */
export function explain(caseId: string, check: CheckRecord): string {
  const policy = check.verdict === 'warn' && isSuitePolicy(caseId) ? ' (suite policy, no MUST)' : '';
  return `expected ${check.expected}; seen: ${check.observed}${policy} | ${check.spec}`;
}
