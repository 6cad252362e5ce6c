import { describe, expect, it } from 'vitest';
import type { CaseResult, Results } from '../runner/results.ts';
import { rerunCommand } from './again.ts';
import { red } from './fixture.ts';
import { redCases } from './red.ts';

/** The command's options for the case X, where it is red at the first of these places, and good at the others. */
function options(redAt: string[], goodAt: string[] = [], again: Partial<Results['again']> = {}) {
  const run = (place: string, isRed: boolean) => {
    const [collection = '', revision = ''] = place.split(' ');
    const one = { id: 'X', red: isRed, verdict: isRed ? 'error' : 'pass', checks: [], fate: null };
    const other = { ...one, id: 'Y', red: false, verdict: 'pass' };
    return { ...red.runs[0], collection, revision, cases: [one, other] as unknown as CaseResult[] };
  };
  const runs = [...redAt.map((place) => run(place, true)), ...goodAt.map((place) => run(place, false))];
  const results = { ...red, runs, again: { ...red.again, ...again } } as Results;
  const [one] = redCases(results);
  return one && rerunCommand([one], results).replace(/^npm run newman -- --case X ?/, '');
}

describe('rerunCommand', () => {
  it('names neither collection nor revision where the case was red everywhere', () => {
    expect(options(['a 1'])).toBe('');
    expect(options(['a 1', 'a 2', 'b 2'])).toBe('');
  });

  it('names what leaves out where it was good', () => {
    expect(options(['a 1'], ['b 1'])).toBe('--collection a');
    expect(options(['a 1', 'a 2'], ['b 2'])).toBe('--collection a');
    expect(options(['a 2', 'a 3'], ['a 1'])).toBe('--revision 2 --revision 3');
    expect(options(['a 1'], ['a 2', 'b 1'])).toBe('--collection a --revision 1');
    // Revisions that are named are for every collection: they would run more than the one that was good.
    expect(options(['a 1', 'a 2', 'b 3'], ['a 3'])).toBe('');
  });

  it('runs several cases together, where each of them was red', () => {
    const [a, b, c] = redCases(red);
    if (!a || !b || !c) throw new Error('the fixture has changed');
    expect(rerunCommand([a, b], red)).toBe(
      'npm run newman -- --case L-ACK-1 --case L-EFF-1 --revision 2025-11-25',
    );
    expect(rerunCommand([c], red)).toBe('npm run newman -- --case W-CALL-1');
  });

  it('names what the run was narrowed to', () => {
    expect(options(['a 1'], [], { narrowedBy: ['--collection'] })).toBe('--collection a');
    expect(options(['a 1'], [], { narrowedBy: ['--collection', '--revision'] })).toBe(
      '--collection a --revision 1',
    );
  });

  it('repeats what decides the verdict', () => {
    expect(options(['a 1'], [], { given: ['--url', "https://x.test/mcp?a=1&b='"] })).toBe(
      "--url 'https://x.test/mcp?a=1&b='\\'''",
    );
  });
});
