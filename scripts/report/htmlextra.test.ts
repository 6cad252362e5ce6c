import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Script } from 'node:vm';
import newman, { type NewmanRunSummary } from 'newman';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { htmlextraReport, keepConsole } from './htmlextra.ts';
import { assertLoadsNothing, inlineAssets } from './inline-assets.ts';

const collection = {
  info: {
    name: 'tiny',
    description: 'First line.\n\n    code that is indented',
    schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
  },
  item: [
    {
      name: 'Folder',
      item: ['T-ONE-1 <first>', 'T-ONE-2 second'].map((name, i) => ({
        name,
        request: {
          method: 'POST',
          body: { mode: 'raw', raw: `body ${i}` },
          url: `{{base}}/${i + 1}?run={{protocolVersion}}`,
          description: 'What **happens**.',
        },
        event: [
          {
            listen: 'test',
            script: {
              exec: [
                'console.log("  0.1 ms  → POST  </script>\\n  2 ms  ← 202")',
                'pm.test("MUST answer", () => pm.response.to.have.status(200))',
                'pm.test.skip("SHOULD stop: not observed")',
                'pm.test.skip("MAY tell: not observed")',
                i === 1 ? 'pm.test("MUST fail <b>", () => pm.expect("$&").to.equal("seen"))' : '',
              ],
            },
          },
        ],
      })),
    },
  ],
};

const names = collection.item.flatMap(({ item }) => item.map(({ name }) => name));

let server: Server;
let base: string;
let report: string;

beforeAll(async () => {
  server = createServer((req, res) =>
    res
      .setHeader('content-type', 'text/plain')
      .end(
        `  two\n  lines of ${req.url} <script src="http://evil.test/x.js"></script> $& url(http://evil.test)`,
      ),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  report = htmlextraReport(await Promise.all([run('2025-06-18'), run('2025-11-25')]), {
    title: 'Tiny <title>',
    browserTitle: 'tiny',
    logs: true,
  });
});

afterAll(() => server.close());

/** @param folder a folder, or a request, to run alone */
function run(protocolVersion: string, folder?: string, of: object = collection): Promise<NewmanRunSummary> {
  const values = Object.entries({ base, protocolVersion }).map(([key, value]) => ({ key, value }));
  return new Promise((resolve, reject) => {
    keepConsole(
      newman.run(
        {
          collection: of,
          environment: { name: 'reference', values },
          ...(folder && { folder }),
        },
        (error, summary) => (error ? reject(error) : resolve(summary)),
      ),
    );
  });
}

/** Not `toContain`: its message would be the whole report. */
const holds = (text: string) => report.includes(text);

describe('htmlextraReport', () => {
  it('shows the requests of every run', () => {
    for (const path of ['/1?run=2025-06-18', '/2?run=2025-06-18', '/1?run=2025-11-25', '/2?run=2025-11-25']) {
      expect(holds(`${path.replace('=', '&#x3D;')} &lt;script`)).toBe(true);
    }
    expect(report.match(/Request Method:/g)).toHaveLength(4);
    expect(holds('2025-06-18 - T-ONE-1 &lt;first&gt;')).toBe(true);
    expect(holds('2025-11-25 - AssertionError - Folder - T-ONE-2 second')).toBe(true);
    expect(holds('innerHTML = "Revision " + this.innerHTML')).toBe(true);
    expect(holds('document.createTextNode(["2025-06-18","2025-11-25"][i])')).toBe(true);
  });

  it('adds up what the runs counted', () => {
    const count = (tab: string) =>
      Number(new RegExp(`${tab} <span class="badge badge-light">(\\d+)`).exec(report)?.[1]);
    expect([count('Total Requests'), count('Failed Tests'), count('Skipped Tests')]).toEqual([4, 2, 8]);
    expect(holds('let totalIterations = 2;')).toBe(true);
  });

  it('gives every element an id of its own', () => {
    const ids = [
      ...report.matchAll(/\sid="((?:copyText|copyReqText|skipped|collapse|folder|fails|requests)-[^"]+)"/g),
    ].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(20);
    // htmlextra itself says `folder-<ref>` once for each request, beside `folder-<id>-iteration-<n>`.
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('puts the parts of a revision back in order', async () => {
    const parts = await Promise.all(
      ['2025-06-18', '2025-11-25'].flatMap((revision) =>
        [...names].reverse().map((name) => run(revision, name)),
      ),
    );
    const merged = htmlextraReport(parts, { title: 'Tiny', browserTitle: 'tiny', order: names });
    const shown = [...merged.matchAll(/class="collapsed text-white z-block">\s*(\S+ - T-ONE-\d)/g)];
    const requests = shown.map(([, name]) => name);
    expect(requests.filter((name, i) => requests.indexOf(name) === i)).toEqual([
      '2025-06-18 - T-ONE-1',
      '2025-06-18 - T-ONE-2',
      '2025-11-25 - T-ONE-1',
      '2025-11-25 - T-ONE-2',
    ]);
    expect(merged.includes('let totalIterations = 2;')).toBe(true);
  });

  it('loads nothing', () => {
    const tags = report.replace(/(<script\b[^>]*>)[\s\S]*?<\/script>/g, '$1');
    expect(() => assertLoadsNothing(tags)).not.toThrow();
    expect(tags.match(/<(?:link|img|iframe)\b/g)).toBeNull();
    expect(tags.match(/<script[^>]*\ssrc/g)).toBeNull();
    for (const [sheet] of report.matchAll(/<style>[\s\S]*?<\/style>/g)) {
      expect(sheet).not.toMatch(/@import|url\((?!\s*["']?data:)/);
    }
    expect(holds("default-src 'none'")).toBe(true);
  });

  it('keeps every script whole', () => {
    const scripts = [...report.matchAll(/<script(?: type="text\/javascript")?>([\s\S]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(15);
    for (const [, script] of scripts) expect(() => new Script(script ?? '')).not.toThrow();
  });

  it('leaves white space alone where it counts', () => {
    expect(holds('>  two\n  lines of')).toBe(true);
    expect(holds('First line.\n\n    code that is indented')).toBe(true);
    expect(holds('>  0.1 ms  → POST  &lt;/script&gt;\n  2 ms  ← 202<')).toBe(true);
    expect(/\n {12,}<div/.test(report)).toBe(false);
  });
});

describe('what a request sent and received', () => {
  const long = 'a long line of the target '.repeat(30_000);
  const items = {
    'T-PASS-1 passes': 'pm.test("MUST answer", () => {})',
    'T-FAIL-1 fails': 'pm.test("MUST answer", () => { throw new Error("no") })',
    'T-MISS-1 misses': 'pm.test.skip("SHOULD stop | warn: ticking", () => {})',
    'T-NOTE-1 cannot miss': 'pm.test.skip("SHOULD stop | not observed: no witness", () => {})',
  };
  const talkative = {
    info: { ...collection.info, name: 'talkative' },
    item: Object.entries(items).map(([name, test]) => ({
      name,
      request: { method: 'POST', url: '{{base}}', body: { mode: 'raw', raw: long } },
      event: [{ listen: 'test', script: { exec: [test, `console.log("logged by ${name}")`] } }],
    })),
  };

  it('is left out where it is long and all passed, and that is told', async () => {
    const html = htmlextraReport([await run('2025-11-25', undefined, talkative)], {
      title: 'Talkative',
      browserTitle: 'talkative',
      logs: true,
    });
    const logged = Object.keys(items).filter((name) => html.includes(`logged by ${name}`));
    expect(logged).toEqual(['T-FAIL-1 fails', 'T-MISS-1 misses']);
    expect(html.split(long)).toHaveLength(3);
    const told = [...html.matchAll(/<p class="left-out">(.*)<\/p>/g)].map(([, text]) => text);
    expect(told).toEqual([
      expect.stringMatching(
        /^left out: 780\.\d kB .* as all of this passed; see <a href="index.html#T-PASS-1">/,
      ),
      expect.stringMatching(
        /^left out: 780\.\d kB .* as nothing here failed or was missed; see <a href="index.html#T-NOTE-1">/,
      ),
    ]);
  });
});

describe('inlineAssets', () => {
  it('says which tag is missing', () => {
    expect(() => inlineAssets('<html><head></head></html>')).toThrow(/no tag that matches .*font-awesome/);
  });
});

describe('assertLoadsNothing', () => {
  it.each([
    '<script src="https://cdn.test/x.js"></script>',
    '<script async src=//cdn.test/x.js></script>',
    '<link rel="stylesheet" href="http://cdn.test/x.css">',
    '<img alt="" src="https://cdn.test/x.png">',
    '<style>@import "https://cdn.test/x.css";</style>',
    '<style>a{background:url(http://cdn.test/x.png)}</style>',
    '<style>@font-face{src:url("../x.woff2")}</style>',
    '<p style="background:url(http://cdn.test/x.png)">',
  ])('rejects %s', (html) => {
    expect(() => assertLoadsNothing(html)).toThrow('would load something');
  });

  it('takes links, data and escaped text', () => {
    const html =
      '<a href="https://x.test">x</a><style>a{background:url(data:x)}</style>&lt;script src="http://x.test">url(http://x.test)';
    expect(() => assertLoadsNothing(html)).not.toThrow();
  });
});
