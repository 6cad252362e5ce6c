import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import type { Results } from '../runner/results.ts';
import { html, Markup } from './html.ts';
import type { Recorded } from './page/recorded.ts';
import { shorten } from './text.ts';

const entry = fileURLToPath(new URL('./page/main.ts', import.meta.url));

/** Characters of base64 that the page may have to hold; a full run has less than two million. */
const MOST = 8_000_000;

let made: { tag: Markup; hash: string } | undefined;

/** The page's script, and the hash by which its policy knows it: nothing else can run. */
export function pageScript(): { tag: Markup; hash: string } {
  made ??= compile();
  return made;
}

function compile(): { tag: Markup; hash: string } {
  const bundle = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
  });
  const code = bundle.outputFiles[0]?.text ?? '';
  if (/<\/script|<!--/i.test(code)) throw new Error('The script of the index page would end its own tag.');
  const hash = `sha256-${createHash('sha256').update(code).digest('base64')}`;
  return { tag: new Markup(`<script>${code}</script>`), hash };
}

/**
 * The exchanges of every case, which are too much to stand in the page as they are: deflated, they are a fifteenth.
 * In base64 there is nothing that a browser could take for markup. Where a target sent so much that no browser would
 * like the page, less is kept of each text than in `results.json`.
 */
export function dataBlock(results: Results): Markup {
  let data = '';
  for (const length of [Number.POSITIVE_INFINITY, 2000, 200]) {
    data = deflateSync(JSON.stringify(recordedOf(results, length)), { level: 9 }).toString('base64');
    if (data.length <= MOST) break;
  }
  return html`<script type="application/octet-stream" id="recorded">${data}</script>`;
}

function recordedOf(results: Results, length: number): Recorded {
  const short = (text: string) => shorten(text, length);
  const recorded: Recorded = {};
  for (const { collection, revision, cases } of results.runs)
    for (const { id, exchanges, transcript } of cases) {
      recorded[id] ??= {};
      recorded[id][`${collection} ${revision}`] = {
        exchanges: exchanges.map((one) => ({
          ...one,
          response: one.response && { ...one.response, body: one.response.body && short(one.response.body) },
          frames: one.frames.map(({ ms, text }) => ({ ms, text: short(text) })),
        })),
        // One line for each frame.
        transcript: shorten(transcript, length * 50),
      };
    }
  return recorded;
}
