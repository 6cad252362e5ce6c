import { describe, expect, it } from 'vitest';
import type { Results } from '../runner/results.ts';
import { parseKnownFailures } from './entries.ts';
import { judgeKnownFailures } from './judge.ts';
import { DECLARED, resultsOf, type Seen } from './testing.ts';
import { updateKnownFailures } from './update.ts';

const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'];
const all = (cases: Record<string, Seen>) =>
  resultsOf(...REVISIONS.map((revision) => [revision, cases] as [string, Record<string, Seen>]));

/** The update, and what the same run comes to with it. */
function update(text: string, results: Results) {
  const change = updateKnownFailures(parseKnownFailures(text, 'known.yml'), results, DECLARED);
  const again = judgeKnownFailures(results, parseKnownFailures(change.text, 'known.yml'), DECLARED);
  expect(again.stale).toEqual([]);
  return { ...change, exitCode: again.exitCode };
}

describe('updateKnownFailures', () => {
  it('adds what is red, with a reason that asks for a better one', () => {
    const { text, added, exitCode } = update('# ours\n', all({ 'L-A-1': 'red', 'L-B-1': 'pass' }));
    expect(text).toBe(
      '# ours\nL-A-1: "seen 2026-11-23: left open in 2025-03-26; say why this is accepted"\n',
    );
    expect([added, exitCode]).toEqual([['L-A-1'], 0]);
  });

  it('does not leave a revision to an entry that is wrong in it', () => {
    const some = resultsOf(['2025-03-26', { 'L-A-1': 'pass' }], ['2025-06-18', { 'L-A-1': 'red' }]);
    expect(update('L-A-1: for all\nL-A-1@2025-03-26: for one\n', some)).toMatchObject({
      text: 'L-A-1@2025-06-18: for all\nL-A-1@2025-11-25: for all\n',
      removed: ['L-A-1@2025-03-26'],
      narrowed: ['L-A-1'],
      exitCode: 0,
    });
  });

  it('names the revision where a case is not red in all, or not all were run', () => {
    const some = resultsOf(
      ['2025-03-26', { 'L-A-1': 'red', 'L-B-1': 'not applicable' }],
      ['2025-06-18', { 'L-A-1': 'pass', 'L-B-1': 'fail' }],
      ['2025-11-25', { 'L-A-1': 'red', 'L-B-1': 'fail' }],
    );
    expect(update('', some)).toMatchObject({
      added: ['L-A-1@2025-03-26', 'L-A-1@2025-11-25', 'L-B-1'],
      exitCode: 0,
    });
    const one = resultsOf(['2025-11-25', { 'L-A-1': 'red', 'S-1': 'red' }]);
    expect(update('', one).added).toEqual(['L-A-1@2025-11-25', 'S-1@2025-11-25']);
    expect(update('L-A-1@2025-03-26: own\n', all({ 'L-A-1': 'red' })).added).toEqual([
      'L-A-1@2025-06-18',
      'L-A-1@2025-11-25',
    ]);
  });

  it('keeps comments, order, reasons, and everything that was not run', () => {
    const before = [
      '# Ours: ask before you add to it.',
      '',
      '# the SDK',
      "  L-A-1:   'it''s the SDK'   # typescript-sdk#2559",
      '',
      '# gone',
      '  L-NOPE-1: gone',
      '  S-1@2025-03-26: >',
      '    not run',
      '',
      '    here',
      '  L-B-1: slow # soon',
      '# the end',
      '',
    ];
    const results = resultsOf(
      ['2025-06-18', { 'L-A-1': 'red', 'L-B-1': 'pass', 'S-1': 'fail' }],
      ['2025-11-25', { 'L-A-1': 'red', 'L-B-1': 'red' }],
    );
    const { text, added, removed, narrowed, exitCode } = update(before.join('\n'), results);
    expect(text.split('\n')).toEqual([
      ...before.slice(0, 6),
      ...before.slice(7, 11),
      '  L-B-1@2025-03-26: slow # soon',
      '  L-B-1@2025-11-25: slow # soon',
      '  S-1@2025-06-18: "seen 2026-11-23: left open in 2025-06-18; say why this is accepted"',
      ...before.slice(12),
    ]);
    expect([added, removed, narrowed]).toEqual([['S-1@2025-06-18'], ['L-NOPE-1'], ['L-B-1']]);
    expect(exitCode).toBe(0);
  });

  it('never writes an error, and says which it did not', () => {
    const { text, errors, exitCode } = update('', all({ 'L-A-1': 'error', 'L-B-1': 'pass' }));
    expect(text).toBe('');
    expect(errors).toEqual(REVISIONS.map((revision) => `L-A-1@${revision}`));
    expect(exitCode).toBe(1);
    const some = resultsOf(
      ...REVISIONS.map(
        (revision, i) => [revision, { 'L-A-1': i === 1 ? 'error' : 'red' }] as [string, Record<string, Seen>],
      ),
      ['2025-03-26', { 'L-A-1': 'error' }],
    );
    expect(update('', some)).toMatchObject({
      added: ['L-A-1@2025-03-26', 'L-A-1@2025-11-25'],
      errors: ['L-A-1@2025-06-18', 'L-A-1@2025-03-26'],
    });
  });

  it('leaves a file alone that holds', () => {
    const text = 'L-A-1: slow\r\n# the end\n\n# of it';
    expect(update(text, all({ 'L-A-1': 'red' }))).toMatchObject({ text, added: [] });
  });

  it('ends lines as the file does', () => {
    expect(update('\ufeffL-NOPE-1: x\r\nL-B-1: y', all({ 'L-A-1': 'red', 'L-B-1': 'red' })).text).toMatch(
      /^L-B-1: y\r\nL-A-1: "seen .*"\r\n$/,
    );
  });

  it('writes what was seen as one quoted line', () => {
    const results = all({ 'L-A-1': 'red' });
    for (const { checks } of results.runs.flatMap((run) => run.cases))
      for (const check of checks) check.observed = `"a": #b\n\\ 'c' \u001b[31m ${'long '.repeat(60)}`;
    const { text, exitCode } = update('', results);
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain(String.raw`L-A-1: "seen 2026-11-23: \"a\": #b \\ 'c' ␛[31m long`);
    expect(text.length).toBeLessThan(300);
    expect(exitCode).toBe(0);
  });
});
