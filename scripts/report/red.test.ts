import { describe, expect, it } from 'vitest';
import type { CheckRecord, Verdict } from '../../collections/src/lib/record.ts';
import type { CaseResult, Results } from '../runner/results.ts';
import { large, red } from './fixture.ts';
import { places } from './places.ts';
import { isReason, reasons, redCases, whyRed } from './red.ts';

const check = (verdict: Verdict) => ({ verdict }) as CheckRecord;
const anyCase = (more: Partial<CaseResult>) =>
  ({ red: true, checks: [], verdict: 'error', ...more }) as CaseResult;

/** Each red case, and where it was seen. */
const told = (results: Results) =>
  redCases(results).map(({ result, runs }) => `${result.id}: ${places(runs)}`);

describe('isReason', () => {
  it.each<[Verdict, boolean, 'must' | 'effect' | 'should', boolean]>([
    ['fail', true, 'must', true],
    ['error', true, 'effect', true],
    ['warn', true, 'effect', true],
    ['warn', true, 'should', true],
    ['warn', true, 'must', false],
    ['warn', false, 'effect', false],
    ['note', true, 'should', false],
    ['not observed', true, 'should', false],
    ['pass', true, 'should', false],
  ])('%s in a case with red=%s, strict=%s: %s', (verdict, isRed, strict, expected) => {
    expect(isReason(check(verdict), anyCase({ id: 'L-EFF-4', red: isRed }), strict)).toBe(expected);
  });

  it('does not call a warn suite policy in a case that is none', () => {
    expect(isReason(check('warn'), anyCase({ id: 'L-BAT-5', red: true }), 'effect')).toBe(false);
    expect(isReason(check('warn'), anyCase({ id: 'L-BAT-5', red: true }), 'should')).toBe(true);
  });

  it('is none in a known failure, which has its misses all the same', () => {
    const of = anyCase({
      red: false,
      known: 'slow',
      verdict: 'fail',
      checks: [check('fail'), check('pass')],
    });
    expect(of.checks.map((one) => isReason(one, of, 'effect'))).toEqual([false, false]);
    expect(reasons(of, 'effect')).toEqual([check('fail')]);
    expect(reasons({ ...of, checks: [] }, 'effect')).toHaveLength(1);
  });

  it('leaves no red case without a reason', () => {
    expect(reasons(anyCase({}), 'effect')).toHaveLength(1);
    expect(reasons(anyCase({ red: false }), 'effect')).toEqual([]);
    expect(redCases(red).every((one) => one.reasons.length > 0)).toBe(true);
  });

  it('never calls policy a MUST', () => {
    const [must, policy] = redCases(red);
    expect(policy?.reasons.map((reason) => whyRed(reason, 'effect')).join()).toContain(
      'suite policy, not a MUST',
    );
    expect(must?.reasons.map((reason) => whyRed(reason, 'effect')).join()).toContain('a MUST is broken');
  });
});

describe('redCases', () => {
  it('begins with broken MUSTs, and ends with what tells nothing about a rule', () => {
    expect(told(red)).toEqual([
      'L-ACK-1: conformance-2025 2025-11-25',
      'L-EFF-1: conformance-2025 2025-11-25',
      'W-CALL-1: mcp-cancellation 2025-11-25',
    ]);
    const [run] = red.runs;
    if (!run) throw new Error('no run');
    const some: Array<[id: string, verdict: Verdict]> = [
      ['L-A-1', 'error'],
      ['L-B-1', 'warn'],
      ['L-EFF-4', 'warn'],
      ['L-C-1', 'fail'],
      ['L-EFF-1', 'warn'],
      ['L-D-1', 'fail'],
    ];
    const cases = some.map(([id, verdict]) => anyCase({ id, verdict, checks: [check(verdict)] }));
    const strict = { ...red, strict: 'should' as const, runs: [{ ...run, cases }] };
    expect(redCases(strict).map(({ result }) => result.id)).toEqual([
      'L-C-1',
      'L-D-1',
      'L-EFF-4',
      'L-EFF-1',
      'L-B-1',
      'L-A-1',
    ]);
  });

  it('tells once what was the same in several revisions and collections, whatever was measured', () => {
    const revisions = '2025-03-26, 2025-06-18, 2025-11-25';
    const [first, ...others] = large.runs;
    if (!first) throw new Error('no run');
    const walk = { ...first, collection: 'mcp-cancellation', cases: first.cases.slice(0, 1) };
    expect(told({ ...large, runs: [...large.runs, walk] })).toEqual([
      `L-EFF-1: conformance-2025 ${revisions}; mcp-cancellation 2025-03-26`,
      `L-EFF-4: conformance-2025 ${revisions}`,
      'L-GRP1-65: conformance-2025 2025-11-25',
    ]);
    const cases = first.cases.map((one) => ({ ...one, fate: 'dropped' }));
    expect(told({ ...large, runs: [{ ...first, cases }, ...others] })).toEqual([
      'L-EFF-1: conformance-2025 2025-03-26',
      'L-EFF-1: conformance-2025 2025-06-18, 2025-11-25',
      'L-EFF-4: conformance-2025 2025-03-26',
      'L-EFF-4: conformance-2025 2025-06-18, 2025-11-25',
      'L-GRP1-65: conformance-2025 2025-11-25',
    ]);
  });
});
