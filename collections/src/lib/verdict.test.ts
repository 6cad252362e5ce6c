import { describe, expect, it } from 'vitest';
import type { Verdict } from './record.ts';
import { isRed, judge, worst } from './verdict.ts';

describe('verdicts', () => {
  it('weighs a miss by its level', () => {
    expect(judge('MUST', false)).toBe('fail');
    expect(judge('SHOULD', false)).toBe('warn');
    expect(judge('DERIVED', false)).toBe('warn');
    expect(judge('MAY', false)).toBe('note');
    expect(judge('AMBIG', false)).toBe('note');
    expect(judge('MUST', true)).toBe('pass');
    expect(judge('AMBIG', true)).toBe('note');
  });

  it('makes a case as good as its worst check', () => {
    expect(worst(['pass', 'warn', 'fail', 'error'])).toBe('error');
    expect(worst(['pass', 'not observed'])).toBe('not observed');
    expect(worst(['pass', 'not applicable'])).toBe('pass');
    expect(worst(['not applicable'])).toBe('not applicable');
    expect(worst([])).toBe('error');
  });

  it('decides red by strictness', () => {
    const red = (id: string, verdict: Verdict) =>
      (['must', 'effect', 'should'] as const).map((strict) => isRed(id, verdict, strict));
    expect(red('L-EFF-1', 'warn')).toEqual([false, true, true]);
    expect(red('L-EFF-2', 'warn')).toEqual([false, false, true]);
    expect(red('L-EFF-11', 'warn')).toEqual([false, false, true]);
    expect(red('R-FILE-1', 'warn')).toEqual([false, true, true]);
    expect(red('L-ACK-1', 'fail')).toEqual([true, true, true]);
    expect(red('L-EFF-1', 'error')).toEqual([true, true, true]);
    for (const verdict of ['pass', 'note', 'not observed', 'not applicable'] as const)
      expect(red('L-EFF-1', verdict)).toEqual([false, false, false]);
  });
});
