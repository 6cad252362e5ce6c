import { describe, expect, it } from 'vitest';
import type { CaseResult, Results } from '../runner/results.ts';
import { betweenMarks, differences, targetsTable } from './table.ts';

type Seen = Partial<CaseResult> & { id: string };

function results(...runs: Array<[revision: string, cases: Seen[]]>): Results {
  const told = runs.map(([revision, cases]) => ({
    revision,
    cases: cases.map((one) => ({ verdict: 'pass', red: false, fate: null, ...one })),
  }));
  return { runs: told } as unknown as Results;
}

const measured = (title: string, one: Results) => ({ title, version: '1.2.3', results: one });
const cellsOf = (one: Results) =>
  targetsTable([measured('a', one)])
    .split('\n')
    .slice(2);

describe('targetsTable', () => {
  it('has a column for each target with its version, and a row for each case', () => {
    const first = results(['r1', [{ id: 'L-A-1' }, { id: 'L-A-2', fate: 'left open' }]]);
    const second = results(['r1', [{ id: 'L-A-1', verdict: 'fail', red: true, fate: 'result' }]]);
    expect(targetsTable([measured('a', first), measured('b', second)])).toBe(
      [
        '|  | a 1.2.3 | b 1.2.3 |',
        '| --- | --- | --- |',
        '| `L-A-1` | pass | **fail**: result |',
        '| `L-A-2` | pass: left open |  |',
      ].join('\n'),
    );
  });

  it('names revisions where they differ, or where the case is not for all', () => {
    const na = { id: 'L-A-1', verdict: 'not applicable' } as const;
    expect(cellsOf(results(['r1', [na]], ['r2', [na]]))).toEqual(['| `L-A-1` | not applicable |']);
    expect(cellsOf(results(['r1', [na]], ['r2', [{ id: 'L-A-1' }]]))).toEqual(['| `L-A-1` | pass (r2) |']);
    expect(
      cellsOf(
        results(
          ['r1', [{ id: 'L-A-1' }]],
          ['r2', [{ id: 'L-A-1' }]],
          ['r3', [{ id: 'L-A-1', verdict: 'note' }]],
        ),
      ),
    ).toEqual(['| `L-A-1` | pass (r1, r2)<br>note (r3) |']);
  });

  it('tells once what two collections saw alike', () => {
    expect(cellsOf(results(['r1', [{ id: 'L-A-1' }]], ['r1', [{ id: 'L-A-1' }]]))).toEqual([
      '| `L-A-1` | pass |',
    ]);
  });
});

it('puts the table between its marks, and nowhere else', () => {
  const text = 'a\n<!-- npm run targets: begin -->\nold\n<!-- npm run targets: end -->\nb\n';
  expect(betweenMarks(text, 'new')).toBe(
    'a\n<!-- npm run targets: begin -->\n\nnew\n\n<!-- npm run targets: end -->\nb\n',
  );
  expect(() => betweenMarks('a', 'new')).toThrow(/the marks .* are not there/);
});

it('tells which lines differ', () => {
  expect(differences('a\nb\nc', 'a\nB\nc')).toEqual(['- b', '+ B']);
  expect(differences('a', 'a')).toEqual([]);
});
