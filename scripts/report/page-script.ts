import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import type { Results } from '../runner/results.ts';
import { html, Markup } from './html.ts';
import type { Recorded } from './page/recorded.ts';

const entry = fileURLToPath(new URL('./page/main.ts', import.meta.url));

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
 * In base64 there is nothing that a browser could take for markup.
 */
export function dataBlock(results: Results): Markup {
  const recorded: Recorded = {};
  for (const { collection, revision, cases } of results.runs)
    for (const { id, exchanges, transcript } of cases) {
      recorded[id] ??= {};
      recorded[id][`${collection} ${revision}`] = { exchanges, transcript };
    }
  const data = deflateSync(JSON.stringify(recorded), { level: 9 }).toString('base64');
  return html`<script type="application/octet-stream" id="recorded">${data}</script>`;
}
