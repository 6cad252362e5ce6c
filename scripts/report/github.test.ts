import { describe, expect, it } from 'vitest';
import { good, known, large, nothing, red } from './fixture.ts';
import { errorAnnotations, stepSummary, withoutCommands } from './github.ts';

describe('stepSummary', () => {
  const summary = stepSummary(red);

  it('has the verdict, the counts and the red cases', () => {
    expect(summary).toContain('**Red: 3 of 12 cases against http://127.0.0.1:8000/mcp');
    expect(summary).toContain('| conformance-2025 2025-06-18 | 3 | 0 | 3 | 0 | 0 | 0 | 0 | 0 | 0 |');
    expect(summary).toContain('| All | 12 | 3 | 5 | 1 | 1 | 2 | 1 | 1 | 1 |');
    expect(summary).toContain(
      '| L-ACK-1 A cancel is accepted | conformance-2025 2025-11-25 | [MUST answer 202',
    );
    expect(stepSummary(good)).not.toContain('### Red');
    expect(stepSummary(nothing)).toContain('- http://127.0.0.1:8000/mcp is not reachable');
  });

  it('keeps tables whole, and markup as text', () => {
    const rows = summary
      .slice(summary.indexOf('### Red'))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(6);
    expect(summary).not.toMatch(/(?<!\\)<script/);
  });

  it('has the known failures with their reasons, and the stale entries', () => {
    const text = stepSummary(known);
    expect(text).toContain('| All | 12 | 1 | 2 | 5 | 1 | 1 | 2 | 1 | 1 | 1 |');
    const section = text.slice(text.indexOf('### Known failures'));
    expect(section).toContain(
      '| L-ACK-1 A cancel is accepted | conformance-2025 2025-11-25 | the gateway adds a body | 200, body {"ok":true} |',
    );
    expect(section).toContain(
      '\n- Stale: ci/known: failures, 100%.yml:3: no collection has a case L-NOPE-1; delete',
    );
    expect(section).toContain('\n- Unused: ci/known: failures, 100%.yml:5: L-DISC-1 is not observed');
    for (const row of section.split('\n').filter((line) => line.startsWith('|')))
      expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
    expect(section).not.toMatch(/(?<!\\)<script/);
    expect(summary).not.toContain('Known');
  });

  it('stays small', () => {
    const many = {
      ...red,
      runs: red.runs.map((run) => ({
        ...run,
        cases: run.cases.flatMap((of) =>
          Array.from({ length: 200 }, (_, n) => ({ ...of, id: `${of.id}${n}` })),
        ),
      })),
    };
    expect(stepSummary(many).length).toBeLessThan(200_000);
    expect(stepSummary(many)).toContain('And 500 more: see the report.');
  });
});

describe('errorAnnotations', () => {
  const lines = errorAnnotations({ ...red, again: { ...red.again, given: ['--url', 'http://x.test/mcp'] } });

  it('is one command for each red case', () => {
    expect(lines.map((line) => /^::error title=([LW]-[A-Z]+-\d)/.exec(line)?.[1])).toEqual([
      'L-ACK-1',
      'L-EFF-1',
      'W-CALL-1',
    ]);
    expect(lines[0]).toBe(
      '::error title=L-ACK-1 A cancel is accepted (2025-11-25)::MUST answer 202 without a body: expected 202, empty body; seen: 200, body {"ok":true} https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation%0AAgain: npm run newman -- --case L-ACK-1 --revision 2025-11-25 --url http://x.test/mcp',
    );
    expect(errorAnnotations(good)).toEqual([]);
    expect(errorAnnotations(large).map((line) => line.split('::')[1])).toEqual([
      'error title=L-EFF-1 The handler stops (2025-03-26%2C 2025-06-18%2C 2025-11-25)',
      'error title=L-EFF-4 The exchange of the cancelled call ends (2025-03-26%2C 2025-06-18%2C 2025-11-25)',
      'error title=L-GRP1-65 A rule about the cancellation of a request in flight (2025-11-25)',
    ]);
  });

  it('is one for each stale entry too, at its line of the file', () => {
    const commands = errorAnnotations(known, (file) => `sub/${file}`);
    expect(commands.map((line) => line.split('::')[1]?.slice(0, 21))).toEqual([
      'error title=W-CALL-1 ',
      'error file=sub/ci/kno',
      'error file=sub/ci/kno',
    ]);
    expect(commands[1]).toBe(
      '::error file=sub/ci/known%3A failures%2C 100%25.yml,line=3,title=Stale known failure::ci/known: failures, 100%25.yml:3: no collection has a case L-NOPE-1; delete the line: L-NOPE-1: gone',
    );
    for (const line of commands) expect(line).not.toMatch(/[\r\n]/);
  });

  it("escapes as GitHub's commands want it", () => {
    for (const line of lines) expect(line).not.toMatch(/[\r\n]/);
    const title = /^::error title=(.*?)::/.exec(lines[2] ?? '')?.[1];
    expect(title).toContain('b %25 c%2C d%3A e');
    expect(title).not.toMatch(/[:,]/);
  });
});

it('leaves nothing that GitHub would take for a command', () => {
  expect(withoutCommands('a ::error::b\n\t::error::c\n::stop-commands::d')).toBe(
    'a ::error::b\n\t: :error::c\n: :stop-commands::d',
  );
  expect(withoutCommands('said: ##[error]a')).toBe('said: ## [error]a');
});
