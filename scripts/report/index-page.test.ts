import { createHash, randomBytes } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Results } from '../runner/results.ts';
import { good, known, large, nothing, red } from './fixture.ts';
import { indexPage } from './index-page.ts';
import { assertLoadsNothing } from './inline-assets.ts';
import { verdictSentence } from './verdict.ts';

const links = ['conformance-2025', 'mcp-cancellation'].map((collection) => ({
  collection,
  html: `${collection}.html`,
  junit: `${collection}.xml`,
}));
const page = indexPage(red, links);
const count = (pattern: RegExp) => page.match(pattern)?.length ?? 0;
const markupOf = (html: string) => html.replace(/(<script[^>]*>)[\s\S]*?(?=<\/script>)/g, '$1');
const text = (html: string) => html.replace(/<[^>]*>/g, '');

describe('indexPage', () => {
  it('stays sane where a target floods it, and still tells which call was cancelled', () => {
    const flooded: Results = structuredClone(red);
    const [run] = flooded.runs;
    const [first] = run?.cases ?? [];
    const [one] = first?.exchanges ?? [];
    if (!run || !first || !one) throw new Error('the fixture has no exchange');
    const frames = Array.from({ length: 800 }, () => ({ ms: 1, text: randomBytes(9000).toString('base64') }));
    first.exchanges = [{ ...one, frames }, ...first.exchanges];
    const [, data = ''] = /id="recorded">([^<]*)</.exec(indexPage(flooded, links)) ?? [];
    const json = inflateSync(Buffer.from(data, 'base64')).toString();
    expect(data.length).toBeLessThan(8_000_000);
    expect(JSON.parse(json)[first.id][`${run.collection} ${run.revision}`].exchanges[0].request).toEqual(
      one.request,
    );
  });

  it('does not say that nothing was sent where an older version recorded no exchanges', () => {
    const old: Results = structuredClone(red);
    const all = old.runs.flatMap((run) => run.cases);
    for (const one of all) Object.assign(one, { exchanges: [], transcript: '0 ms → call' });
    expect(indexPage(old, links)).not.toContain('Nothing was sent.');
    for (const one of all) one.transcript = '';
    expect(indexPage(old, links)).toContain('Nothing was sent.');
  });

  it('opens with the verdict', () => {
    for (const results of [red, good, known, nothing]) {
      const [, heading = ''] = /<h1>(.*?)<\/h1>/s.exec(indexPage(results, links)) ?? [];
      expect(text(heading)).toBe(verdictSentence(results));
    }
  });

  it('runs no script but its own, and loads nothing', () => {
    const scripts = [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
    expect(scripts.map(([, attributes]) => attributes)).toEqual([
      ' type="application/octet-stream" id="recorded"',
      '',
    ]);
    const hash = createHash('sha256')
      .update(scripts[1]?.[2] ?? '')
      .digest('base64');
    expect(page).toContain(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}';`);
    expect(page).not.toMatch(/<[^>]*\son\w+=/i);
    expect(() => assertLoadsNothing(page)).not.toThrow();
  });

  it('keeps every exchange and transcript, packed', () => {
    const [, data = ''] = /id="recorded">([^<]*)</.exec(page) ?? [];
    const recorded = JSON.parse(inflateSync(Buffer.from(data, 'base64')).toString());
    const { exchanges, transcript } = red.runs[0]?.cases[0] ?? {};
    expect(recorded['L-EFF-1']['conformance-2025 2025-06-18']).toEqual({ exchanges, transcript });
  });

  it('escapes what a server said', () => {
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;a&#39; | b %');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(page).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
  });

  it.each([
    ['what is red', page],
    ['known failures', indexPage(known, links)],
  ])('closes what it opens: %s', (_what, page) => {
    const open: string[] = [];
    for (const [, closing, name = ''] of markupOf(page).matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
      if (['meta', 'link', 'br', 'input'].includes(name)) continue;
      if (closing) expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
  });

  it('puts what is red first', () => {
    expect(count(/<article class="red">/g)).toBe(red.totals.red);
    expect(page.indexOf('What is red')).toBeLessThan(page.indexOf('<table '));
    const [, article = ''] = page.match(/<article[\s\S]*?<\/article>/g) ?? [];
    for (const part of [
      'SHOULD stop the handler',
      'https://modelcontextprotocol.io/',
      'ticks frozen within',
      'suite policy',
    ]) {
      expect(article).toContain(part);
    }
    expect(indexPage(good, links)).not.toContain('What is red');
  });

  it('has a row for each case with a cell for each revision, and a part for each run behind it', () => {
    expect(count(/<caption>/g)).toBe(1);
    expect(count(/<th scope="col">/g)).toBe(3);
    expect(count(/<tr class="case" id="[^"]+"/g)).toBe(9);
    expect(count(/<tr class="detail" id="[^"]+" hidden>/g)).toBe(9);
    expect(count(/<section data-run="/g)).toBe(12);
    const [row = ''] = /<tr class="case" id="L-EFF-1"[\s\S]*?<\/tr>/.exec(page) ?? [];
    expect(text(row).replace(/\s+/g, ' ').trim()).toBe(
      'L-EFF-1 A cancelled call stops✓ pass error -32800! warn · red result',
    );
    expect(row).toContain('data-verdicts="pass,warn,red" data-levels="SHOULD,MUST"');
    expect(page).toContain('<span class="quiet">not run</span>');
  });

  it('shows behind a row what the case is about, and the run that is red first', () => {
    const [detail = ''] = /<tr class="detail" id="L-EFF-1\.detail"[\s\S]*?<\/tr>/.exec(page) ?? [];
    expect(detail).toContain('<p>A slow call is cancelled <em>while it runs</em>.</p>');
    expect(detail.match(/data-run="[^"]+"/g)).toEqual([
      'data-run="conformance-2025 2025-11-25"',
      'data-run="conformance-2025 2025-06-18"',
    ]);
    expect(text(detail)).toContain('3.1 ms on the wire; 4 ms as the script that judged saw it');
    expect(text(detail)).toContain('4 exchanges in 384 ms. The call (POST tools/call slow');
  });

  it('says once what two collections agree upon, and each where they do not', () => {
    const [conformance] = good.runs;
    if (!conformance) throw new Error('the fixture has changed');
    const walk = { ...conformance, collection: 'mcp-cancellation' };
    const rowOf = (second: typeof walk) => {
      const page = indexPage({ ...good, runs: [conformance, second] }, links);
      return text(/<tr class="case" id="L-EFF-4"[\s\S]*?<\/tr>/.exec(page)?.[0] ?? '').trim();
    };
    expect(rowOf(walk)).toMatch(/ends✓ pass error -32800$/);
    const cases = walk.cases.map((one) => ({ ...one, fate: 'left open' }));
    expect(rowOf({ ...walk, cases })).toMatch(
      /conformance-2025 ✓ pass error -32800mcp-cancellation ✓ pass left open$/,
    );
  });

  it('tells once what is red in several revisions, and stays small', () => {
    const page = indexPage(large, links);
    const red = /<section aria-labelledby="red">[\s\S]*?<\/section>/.exec(page)?.[0] ?? '';
    expect(red.match(/<article/g)).toHaveLength(3);
    expect(text(red)).toContain('conformance-2025 2025-03-26, 2025-06-18, 2025-11-25 ·');
    expect(page.length).toBeLessThan(2_000_000);
  });

  it('shows the known failures with their reasons, and what is stale', () => {
    const page = indexPage(known, links);
    const section = (id: string) =>
      text(new RegExp(`<section aria-labelledby="${id}">[\\s\\S]*?</section>`).exec(page)?.[0] ?? '');
    expect(section('known')).toContain('L-ACK-1 A cancel is accepted: the gateway adds a body');
    expect(section('known')).toContain('conformance-2025 2025-11-25 · seen: 200, body');
    expect(section('known')).toContain('Unused: ci/known: failures, 100%.yml:5: L-DISC-1 is not observed');
    expect(section('stale')).toContain('no collection has a case L-NOPE-1; delete the line: L-NOPE-1: gone');
    expect(section('stale')).toContain('put in its place:L-EFF-4@2025-06-18: &quot;&lt;script&gt;');
    expect(section('red')).toContain('also where its case is a known failure');
    expect(page.match(/<article class="red">/g)).toHaveLength(1);
    expect(text(page)).toContain('✗ fail · known');
    expect(text(page)).toContain('2 known failures');
    for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(` id="${id}"`);
    expect(page).not.toMatch(/chip (fail|error)">[^<]*<span[^>]*>.<\/span> \w+ · known/);
    expect(text(indexPage(red, links))).not.toMatch(/\d known failure/i);
  });

  it('says tolerated in words', () => {
    expect(text(page)).toContain('! warn · tolerated');
  });

  it('leads from a red case to its row, and to the other reports', () => {
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets).toEqual(['red', 'L-ACK-1', 'L-EFF-1', 'W-CALL-1']);
    for (const id of targets) expect(page).toContain(` id="${id}"`);
    expect(page).toContain('<a href="mcp-cancellation.html">');
    expect(page).toContain('<a href="mcp-cancellation.xml">');
  });

  it('has no link to a report that was not made', () => {
    const page = indexPage(good, [
      { collection: 'conformance-2025', html: '', junit: 'conformance-2025.xml' },
    ]);
    expect(page).not.toContain('href=""');
    expect(page).not.toContain('requests and responses');
  });

  it('shows problems', () => {
    expect(indexPage({ ...nothing, problems: ['first', 'second'] }, [])).toContain('<li>second</li>');
  });

  it('makes no link of anything but an address of the web', () => {
    const [run] = good.runs;
    const [one] = run?.cases ?? [];
    const [check] = one?.checks ?? [];
    if (!run || !one || !check) throw new Error('the fixture has changed');
    const cases = [{ ...one, checks: [{ ...check, spec: 'javascript:alert(1)' }] }];
    expect(indexPage({ ...good, runs: [{ ...run, cases }] }, links)).not.toContain('javascript:');
  });
});
