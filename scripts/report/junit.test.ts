import { describe, expect, it } from 'vitest';
import { known, nasty, red } from './fixture.ts';
import { groupOf, junitReport } from './junit.ts';

const collections = ['conformance-2025', 'mcp-cancellation'];
const xml = collections.map((collection) => junitReport(red, collection));
const [conformance = '', walkthrough = ''] = xml;
const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** Throws where a parser would: a stray `<` or `&`, a tag that does not close, a character that XML has not. */
function assertWellFormed(text: string): void {
  const token =
    /<\?xml[^>]*\?>|<!\[CDATA\[(?:(?!\]\]>)[\s\S])*\]\]>|<(\/?)([a-z-]+)((?:\s+[a-z]+="(?:[^"<&]|&(?:amp|lt|gt|quot|apos|#x[0-9A-F]+);)*")*)\s*(\/?)>|(?:[^<&]|&(?:amp|lt|gt|quot|apos);)+/gy;
  const open: string[] = [];
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (!found) throw new Error(`not well-formed at: ${text.slice(at, at + 80)}`);
    const [, closing, name = '', , empty] = found;
    if (closing && open.pop() !== name) throw new Error(`</${name}> closes something else`);
    if (name && !closing && !empty) open.push(name);
  }
  if (open.length > 0) throw new Error(`not closed: ${open}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const wrong = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u.exec(text);
  if (wrong) throw new Error(`a character that XML has not: ${wrong[0].charCodeAt(0)}`);
}

describe('junitReport', () => {
  it('is well-formed, whatever a server said', () => {
    for (const text of xml) expect(() => assertWellFormed(text)).not.toThrow();
    const everywhere = JSON.parse(JSON.stringify(red), (key, value) =>
      typeof value === 'string' && !['collection', 'verdict', 'strict'].includes(key) ? nasty : value,
    );
    for (const collection of collections) {
      expect(() => assertWellFormed(junitReport(everywhere, collection))).not.toThrow();
    }
  });

  it('has a suite for each revision and group, and a test case for each check', () => {
    const names = [...conformance.matchAll(/<testsuite name="([^"]*)"/g)].map(([, name]) => name);
    expect(names).toEqual([
      'conformance-2025.2025-06-18.L-EFF',
      'conformance-2025.2025-06-18.L-ACK',
      ...['L-EFF', 'L-ACK', 'L-RACE', 'L-DISC', 'L-BAT'].map(
        (group) => `conformance-2025.2025-11-25.${group}`,
      ),
    ]);
    expect(conformance).toContain(
      '<testcase classname="conformance-2025.2025-11-25.L-EFF-1" name="L-EFF-1 SHOULD stop the handler">',
    );
    // A case without a check is a test case all the same.
    const expected = red.runs
      .flatMap((run) => run.cases)
      .reduce((sum, one) => sum + Math.max(1, one.checks.length), 0);
    expect(xml.reduce((sum, text) => sum + count(text, /<testcase /g), 0)).toBe(expected);
  });

  it('agrees with the results', () => {
    const all = xml.join('');
    expect(count(all, /<failure /g)).toBe(2);
    expect(count(all, /<error /g)).toBe(red.totals.error);
    expect(count(all, /<skipped /g)).toBe(4);
    expect(conformance).toMatch(
      /<testsuites name="conformance-2025" tests="11" failures="2" errors="0" skipped="4">/,
    );
    expect(walkthrough).toMatch(
      /<testsuites name="mcp-cancellation" tests="2" failures="0" errors="1" skipped="0">/,
    );
  });

  it('says why a check is red', () => {
    expect(conformance).toContain(
      '<failure message="Expected 202, empty body; seen: 200, body {&quot;ok&quot;:true}" type="fail">',
    );
    expect(conformance).toContain('Rule:     https://modelcontextprotocol.io/specification/');
    expect(conformance).toContain('Why red:  suite policy, not a MUST');
  });

  it('skips what is a known failure, with its reason and what was seen', () => {
    const text = junitReport(known, 'conformance-2025');
    expect(() => assertWellFormed(text)).not.toThrow();
    expect(text).toContain(
      '<skipped message="known failure: the gateway adds a body; expected 202, empty body; seen: 200, body {&quot;ok&quot;:true}"/>',
    );
    expect(count(text, /<skipped /g)).toBe(4 + 2);
    expect(count(text, /<failure /g)).toBe(known.stale.length);
    expect(junitReport(known, 'mcp-cancellation')).toContain('also where its case is a known failure');
  });

  it('has a failure for each stale entry, in the report of the first collection alone', () => {
    const [text = '', other = ''] = collections.map((collection) => junitReport(known, collection));
    expect(text).toMatch(/<testsuite name="known failures"[^>]* tests="2" failures="2"/);
    expect(text).toContain(
      '<testcase classname="known failures" name="L-NOPE-1: gone" file="ci/known: failures, 100%.yml">',
    );
    expect(text).toContain('L-NOPE-1; delete the line: L-NOPE-1: gone" type="stale">');
    expect(other).not.toContain('name="known failures"');
    expect(conformance).not.toContain('name="known failures"');
  });

  it('says why a check was skipped', () => {
    for (const message of [
      'warn, tolerated with strict=effect: expected no response; seen: error -32800',
      'note: expected either outcome is recorded; seen: ignored',
      'not observed: no hang-up proxy is configured (hangUpUrl)',
      'not applicable',
    ]) {
      expect(conformance).toContain(`<skipped message="${message}"/>`);
    }
  });
});

describe('groupOf', () => {
  it('is what stands before the last dash', () => {
    expect(['L-EFF-10', 'W-1', 'X'].map(groupOf)).toEqual(['L-EFF', 'W', 'X']);
  });
});
