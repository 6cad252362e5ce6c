import { describe, expect, it } from 'vitest';
import type { CaseRecord } from '../../collections/src/lib/record.ts';
import { createProgress } from './progress.ts';

const record = (title: string) => ({ title, verdict: 'pass', red: false }) as CaseRecord;

/** What a screen of this kind is told while two jobs share it. */
function shown(isTTY: boolean): string[] {
  const lines: string[] = [];
  const screen = { isTTY, columns: 60, write: (text: string) => lines.push(text) };
  const progress = createProgress(screen, false, 3);
  const [one, other] = [progress.watch('2025-06-18'), progress.watch('2025-11-25')];
  one?.started('A-1 The first');
  other?.started('A-2 The second');
  one?.ended(record('A-1 The first'), 12.4);
  other?.ended(record('A-2 The second'), 3);
  progress.stop();
  return lines.map((line) => line.replace('\r\u001b[2K', '> ').trimEnd());
}

describe('the progress of several jobs', () => {
  it('is a line for each case, with its revision', () => {
    expect(shown(false).filter(Boolean)).toEqual([
      'pass           A-1 The first             2025-06-18    12 ms',
      'pass           A-2 The second            2025-11-25     3 ms',
    ]);
  });

  it('shows on a terminal what is running', () => {
    expect(shown(true)).toEqual([
      '> [0/3] A-1 The first',
      '> [0/3] A-1 A-2',
      '> pass           A-1 The first             2025-06-18    12 ms',
      '> [1/3] A-2 The second',
      '> pass           A-2 The second            2025-11-25     3 ms',
      '> [2/3]',
      '>',
    ]);
  });

  it('says of what is red whether it is known, but for an error', () => {
    const lines: string[] = [];
    const progress = createProgress(
      { columns: 60, write: (text: string) => lines.push(text) },
      false,
      3,
      (id) => id === 'A-1',
    );
    const job = progress.watch('2025-11-25');
    const red = (id: string, verdict: string) => ({ case: id, title: id, verdict, red: true }) as CaseRecord;
    job.ended(red('A-1', 'warn'), 1);
    job.ended(red('A-2', 'warn'), 1);
    job.ended(red('A-1', 'error'), 1);
    expect(lines.map((line) => line.slice(0, 18))).toEqual([
      'warn, known    A-1',
      'warn, red      A-2',
      'error          A-1',
    ]);
  });
});
