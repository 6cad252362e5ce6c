import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The six tags of htmlextra 1.23.1 that load from a CDN, by the end of their address, and what stands in for each. */
const assets: [tag: RegExp, content: () => string][] = [
  [link('font-awesome/[\\d.]+/css/all\\.min\\.css'), () => style(fontAwesome())],
  [
    link('bootstrap/[\\d.]+/css/bootstrap\\.min\\.css'),
    () => style(file('bootstrap/dist/css/bootstrap.min.css')),
  ],
  [script('jquery/[\\d.]+/jquery\\.min\\.js'), () => code(file('jquery/dist/jquery.min.js'))],
  [
    script('twitter-bootstrap/[\\d.]+/js/bootstrap\\.bundle\\.min\\.js'),
    () => code(file('bootstrap/dist/js/bootstrap.bundle.min.js')),
  ],
  [
    script('clipboard\\.js/[\\d.]+/clipboard\\.min\\.js'),
    () => code(file('clipboard/dist/clipboard.min.js')),
  ],
  // The template was written for remarkable 1, whose class was the global itself.
  [
    script('remarkable/[\\d.]+/remarkable\\.min\\.js'),
    () => code(`${file('remarkable/dist/remarkable.min.js')}\n;window.Remarkable = remarkable.Remarkable;`),
  ],
];

/**
 * Replaces the CDN tags of an htmlextra report with the files themselves. Throws where a tag is not there, or where
 * anything else would be loaded: a report that needs the network is empty wherever there is none.
 */
export function inlineAssets(html: string): string {
  const parts: { at: number; end: number; content: () => string }[] = [];
  for (const [tag, content] of assets) {
    const found = tag.exec(html);
    if (!found)
      throw new Error(`The htmlextra report has no tag that matches ${tag}: has its template changed?`);
    parts.push({ at: found.index, end: found.index + found[0].length, content });
  }
  parts.sort((a, b) => a.at - b.at);
  let rest = '';
  let inlined = '';
  let from = 0;
  // Joined by hand: `String.replace` would read the `$&` in minified code as its own.
  for (const { at, end, content } of parts) {
    rest += html.slice(from, at);
    inlined += html.slice(from, at) + content();
    from = end;
  }
  assertLoadsNothing(rest + html.slice(from));
  return inlined + html.slice(from);
}

/** Throws where the document would fetch something. What a server said cannot trip it: its `<` and `"` are escaped. */
export function assertLoadsNothing(html: string): void {
  const loads = [
    /<(?:script|img|iframe|embed|source|audio|video|track|input)\b[^>]*?\s(?:src|srcset)\s*=(?!\s*["']?data:)\s*["']?[^\s"'>]+/i,
    /<link\b[^>]*?\shref\s*=(?!\s*["']?data:)\s*["']?[^\s"'>]+/i,
    /<object\b[^>]*?\sdata\s*=(?!\s*["']?data:)\s*["']?[^\s"'>]+/i,
  ];
  const styles = [...html.matchAll(/<style\b[^>]*>([\s\S]*?)<\/style>|\sstyle\s*=\s*"([^"]*)"/gi)];
  const found =
    loads.map((pattern) => pattern.exec(html)?.[0]).find(Boolean) ??
    styles.map(([, sheet, inline]) => loadOf(sheet ?? inline ?? '')).find(Boolean);
  if (found) throw new Error(`The htmlextra report would load something: ${found.slice(0, 200)}`);
}

function loadOf(css: string): string | undefined {
  return /@import\b[^;]*|url\((?!\s*["']?(?:data:|#))\s*["']?[^)]*\)?/i.exec(css)?.[0];
}

function link(address: string): RegExp {
  return new RegExp(`<link rel="stylesheet" href="https://[^"]*${address}"\\s*/?>`);
}

function script(address: string): RegExp {
  return new RegExp(`<script src="https://[^"]*${address}"></script>`);
}

function file(path: string): string {
  return readFileSync(require.resolve(path), 'utf8').replace(/^\/[/*]# sourceMappingURL=.*$/gm, '');
}

/** Font Awesome with the font that the template uses, in the one format that every browser reads. */
function fontAwesome(): string {
  const face = (name: string, weight: number) => {
    const font = readFileSync(require.resolve(`@fortawesome/fontawesome-free/webfonts/${name}.woff2`));
    return `@font-face{font-family:"Font Awesome 5 Free";font-style:normal;font-weight:${weight};font-display:block;src:url(data:font/woff2;base64,${font.toString('base64')}) format("woff2")}`;
  };
  const rules = file('@fortawesome/fontawesome-free/css/all.min.css').replace(/@font-face\s*\{[^}]*\}/g, '');
  return face('fa-solid-900', 900) + rules;
}

function style(css: string): string {
  const load = loadOf(css);
  if (load) throw new Error(`A style sheet for the htmlextra report would load something: ${load}`);
  return `<style>${css.replace(/<\/style/gi, '<\\/style')}</style>`;
}

/** Inside a string or a regular expression, where minified code has them, `\x3C` is the same `<`. */
function code(js: string): string {
  return `<script>${js.replace(/<(?=\/script|script|!--)/gi, '\\x3C')}</script>`;
}
