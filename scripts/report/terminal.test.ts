import { describe, expect, it } from 'vitest';
import type { CheckRecord } from '../../collections/src/lib/record.ts';
import type { Results } from '../runner/results.ts';
import { good, known, large, nothing, red } from './fixture.ts';
import { terminalSummary } from './terminal.ts';

const plain = {
  color: false,
  columns: 80,
  reportsDir: 'reports',
};
const summary = terminalSummary(red, plain);

describe('terminalSummary', () => {
  it('reads in 80 columns, but for what is there to be copied', () => {
    const long = summary.split('\n').filter((line) => [...line].length > 80);
    expect(long.filter((line) => !/^\s+(https:\/\/|again\s)/.test(line))).toEqual([]);
  });

  it('lets no escape of a server through', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(summary).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(summary).toContain('␛[31mred');
  });

  it('says the same with colour', () => {
    const coloured = terminalSummary(red, { ...plain, color: true });
    expect(coloured).toContain('\u001b[31m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are taken away again
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(summary);
  });

  it('has for each red case the rule, what was expected and seen, and the command', () => {
    expect(summary).toContain(`
A MUST is broken: red however strict the run is:

L-ACK-1  A cancel is accepted (conformance-2025 2025-11-25)
  rule      MUST answer 202 without a body
            https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation
  expected  202, empty body
  seen      200, body {"ok":true}
  exchange  left open
  again     npm run newman -- --case L-ACK-1 --revision 2025-11-25

Suite policy, not a MUST: red because strict=effect demands this effect of a
cancellation:

L-EFF-1`);
    expect(
      terminalSummary({ ...red, again: { ...red.again, given: ['--url', 'http://x.test/mcp'] } }, plain),
    ).toContain('--case L-ACK-1 --revision 2025-11-25 --url http://x.test/mcp');
  });

  it('tells once what was the same in several revisions, and why it is red', () => {
    const text = terminalSummary(large, plain);
    expect(text.match(/^[A-Z]-\w+-\d+ {2}/gm)).toEqual(['L-EFF-1  ', 'L-EFF-4  ', 'L-GRP1-65  ']);
    expect(text).toContain(
      '\nL-EFF-1  The handler stops (conformance-2025 2025-03-26, 2025-06-18, 2025-11-25)\n',
    );
    expect(text).toContain('npm run newman -- --case L-EFF-1\n');
    expect(text.match(/red because strict=effect/g)).toHaveLength(1);
    expect(text.split('\n').length).toBeLessThan(50);
  });

  it('tells once what several rules of a case were missed by, and apart what is red for another reason', () => {
    const more = ['MUST answer a GET so', 'MAY do otherwise', 'SHOULD answer fast'].map((title, i) => ({
      ...(red.runs[1]?.cases[3]?.checks[0] as CheckRecord),
      title,
      verdict: (['fail', 'note', 'warn'] as const)[i] ?? 'fail',
    }));
    const runs = red.runs.map((run) => ({
      ...run,
      cases: run.cases.map((one) =>
        one.id === 'L-ACK-1' && one.red ? { ...one, checks: [...one.checks, ...more] } : one,
      ),
    }));
    const text = terminalSummary({ ...red, runs, strict: 'should' }, plain);
    expect(text).toContain(`
  rule      MUST answer 202 without a body
            MUST answer a GET so
            https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation
  expected  202, empty body
  seen      200, body {"ok":true}
  rule      SHOULD answer fast
            https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation
  expected  202, empty body
  seen      200, body {"ok":true}
  why red   not a MUST: red because strict=should counts every missed
            expectation
`);
    expect(text).toContain('\n  fail   L-ACK-1   MUST answer 202 without a body, and 2 more\n');
  });

  it('has the verdict, what is red and what to do on the last screen', () => {
    expect(summary.split('\n').slice(-18).join('\n')).toBe(`
Red: 3 of 12 cases against http://127.0.0.1:8000/mcp
(mcp-cancellation-reference-server 0.1.0), by its tool slow: L-ACK-1, L-EFF-1,
W-CALL-1; 5 pass, 1 warn (tolerated), 1 note, 1 not observed, 1 not applicable.

  fail   L-ACK-1   MUST answer 202 without a body
  warn   L-EFF-1   SHOULD stop the handler
  error  W-CALL-1  The case as a whole
  again     npm run newman -- --case L-ACK-1 --case L-EFF-1 --case W-CALL-1 --revision 2025-11-25

  conformance-2025 2025-06-18  3 of 3 cases pass, 0 red
  conformance-2025 2025-11-25  1 of 7 cases passes, 2 red
  mcp-cancellation 2025-11-25  1 of 2 cases passes, 1 red

Timings taken under load, not to be trusted: conformance-2025 2025-11-25.
12 cases in 9.4 s (necessary waits: 3.6 s, run six at a time).
Reports: reports/index.html
`);
  });

  it('names eight red cases beside the verdict, and one not twice', () => {
    const [run] = red.runs;
    const some = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ ...run?.cases[0], id: `L-X-${n}`, red: true, checks: [] }));
    const text = (count: number) =>
      terminalSummary({ ...red, runs: [{ ...run, cases: some(count) }] } as Results, plain);
    expect(text(10).match(/^ {2}pass {3}L-X-/gm)).toHaveLength(8);
    expect(text(10)).toContain('\n  and 2 more, above\n');
    expect(text(1).match(/--case L-X-0/g)).toHaveLength(1);
  });

  it('is short where all is good, and where nothing ran', () => {
    expect(terminalSummary(good, plain).split('\n').length).toBeLessThan(14);
    expect(terminalSummary(nothing, plain)).toMatch(/^Nothing could be established: .*\n.*another --url\.\n/);
  });

  it('tells the known failures shortly, and of a stale entry what to do', () => {
    const text = terminalSummary(known, plain);
    expect(text).toMatch(/^not observed .*\n\nknown /);
    expect(text).toContain('\nknown   L-ACK-1 2025-11-25: the gateway adds a body\n');
    expect(text).toContain(`
stale   ci/known: failures, 100%.yml:3: no collection has a case L-NOPE-1;
        delete the line: L-NOPE-1: gone
stale   ci/known: failures, 100%.yml:4: L-EFF-4 passes in 2025-11-25, and is red
        in 2025-06-18; put in its place:
        L-EFF-4@2025-06-18: "<script>`);
    expect(text).toContain(
      '\nunused  ci/known: failures, 100%.yml:5: L-DISC-1 is not observed in 2025-11-25\n',
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    const long = text.split('\n').filter((line) => [...line].length > 80);
    expect(long.filter((line) => !/^\s+(L-EFF-4@|again\s)/.test(line))).toEqual([]);
  });

  it('has what is red in its blocks, and says of an error why being listed does not help', () => {
    const text = terminalSummary(known, plain);
    expect(text.match(/^[A-Z]-\w+-\d+ {2}/gm)).toEqual(['W-CALL-1  ']);
    expect(text.replace(/\s+/g, ' ')).toContain(
      'an error is always red, also where its case is a known failure, as it tells nothing about the rule',
    );
    expect(summary).not.toMatch(/known/);
  });

  it('lists every problem', () => {
    const problems = ['first', 'second', 'third'];
    const text = terminalSummary({ ...nothing, problems }, plain);
    expect(text).toContain('first (and 2 more).\n  - second\n  - third\n');
  });
});
