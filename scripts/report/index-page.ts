import { readFileSync } from 'node:fs';
import type { CaseResult, Results } from '../runner/results.ts';
import { wordList } from './chips.ts';
import { html, Markup } from './html.ts';
import { knownSections } from './known-sections.ts';
import { matrix } from './matrix.ts';
import { dataBlock, pageScript } from './page-script.ts';
import { isKnown } from './red.ts';
import { redSection } from './red-section.ts';
import { duration, plural } from './text.ts';
import { pace, strictness, tally, unsaidProblems, verdictSentence } from './verdict.ts';

export interface ReportLinks {
  collection: string;
  /** Empty where no run came far enough for one. */
  html: string;
  junit: string;
}

const css = ['index-page', 'cases', 'timeline', 'narrow']
  .map((name) => readFileSync(new URL(`./${name}.css`, import.meta.url), 'utf8'))
  .join('');

/**
 * `reports/index.html`: one file, nothing to load, and no script but its own.
 * @param changes a section that tells what changed since another run
 */
export function indexPage(results: Results, links: ReportLinks[], changes?: Markup): string {
  const tone = ['good', 'red', 'open', 'open'][results.exitCode] ?? 'open';
  const [, word, sentence] = /^(Good:|Red:)?(.*)$/s.exec(verdictSentence(results)) ?? [];
  const script = pageScript();
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${script.hash}'; img-src data:; base-uri 'none'; form-action 'none'">
<title>${{ good: 'Good', red: 'Red', open: 'Not established' }[tone]} · MCP cancellation</title>
<link rel="icon" href="data:,">
<style>${new Markup(css)}</style>
<noscript><style>tr.detail[hidden] { display: table-row; }</style></noscript>
</head>
<body data-target="${results.target.url}">
<header class="${tone}">
<p class="suite">MCP request cancellation · test report</p>
<h1>${word && html`<b>${word}</b>`}${wholeIds(sentence ?? '')}</h1>
${counts(results)}
${
  unsaidProblems(results).length > 0 &&
  html`<section class="problems" aria-labelledby="problems"><h2 id="problems">Problems</h2>
<ul>${results.problems.map((problem) => html`<li>${problem}</li>`)}</ul></section>`
}
${
  results.notices.length > 0 &&
  html`<section class="notices" aria-labelledby="notices"><h2 id="notices">About this target</h2>
<ul>${results.notices.map((notice) => html`<li>${notice}</li>`)}</ul></section>`
}
${facts(results, links)}
</header>
<main>
${changes}
${redSection(results)}
${knownSections(results)}
<section aria-labelledby="cases"><h2 id="cases">Cases</h2>
<noscript><p class="quiet">The picture of each case and its HTTP exchanges need JavaScript; all else is here.</p></noscript>
${matrix(results) || html`<p>No case ran.</p>`}
</section>
<section aria-labelledby="words"><h2 id="words">What the words mean</h2>
${wordList()}
</section>
</main>
<div id="said" class="hidden" aria-live="polite"></div>
${dataBlock(results)}
${script.tag}
</body>
</html>
`.text;
}

/** Ids that a line break may not cut at their hyphens. */
function wholeIds(sentence: string): Markup[] {
  return sentence
    .split(/\b([A-Z]+-[A-Z]+-\d+)\b/)
    .map((part, i) => (i % 2 === 1 ? html`<span class="whole">${part}</span>` : html`${part}`));
}

/** What is known stands under its own name, and not under its verdict too: then the numbers add up. */
function counts(results: Results): Markup {
  const totals = tally(results.runs);
  const cases = results.runs.flatMap((run) => run.cases);
  const count = (verdict: CaseResult['verdict']) =>
    cases.filter((one) => one.verdict === verdict && !isKnown(one)).length;
  const all: [count: number, word: string, kind?: string, href?: string][] = [
    [totals.cases, totals.cases === 1 ? 'case' : 'cases'],
    [totals.red, 'red', 'fail', '#red'],
    [totals.known, totals.known === 1 ? 'known failure' : 'known failures', 'known', '#known'],
    [count('pass'), 'pass', 'pass'],
    [count('fail'), 'fail', 'fail'],
    [count('error'), 'error', 'error'],
    [count('warn'), 'warn', 'warn'],
    [count('note'), 'note', 'note'],
    [count('not observed'), 'not observed'],
    [count('not applicable'), 'not applicable'],
  ];
  const shown = all.filter(([count, word]) => count > 0 || word === 'red' || word === 'pass');
  return html`<ul class="counts">${shown.map(([count, word, kind, href]) => {
    const text = html`<b>${count}</b> ${word}`;
    return html`<li${count > 0 && kind && html` class="${kind}"`}>${count > 0 && href ? html`<a href="${href}">${text}</a>` : text}</li>`;
  })}</ul>`;
}

function facts(results: Results, links: ReportLinks[]): Markup {
  const { url, server } = results.target;
  const started = new Date(results.startedAt);
  const when = Number.isNaN(started.getTime())
    ? results.startedAt
    : `${started.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const rows: [string, string | Markup][] = [
    ['Target', html`<code>${url}</code>`],
    ['Server', server ? `${server.name} ${server.version}` : 'unknown: it did not introduce itself'],
    ['Suite', `${results.suite.name} ${results.suite.version}`],
    ['When', html`<time datetime="${results.startedAt}">${when}</time>: ${pace(results)}`],
    ['Strictness', strictness(results.strict)],
    [
      'Size',
      `${plural(tally(results.runs).checks, 'check')}, ${plural(results.totals.assertions, 'assertion')}; event loop late by ${duration(results.maxLoopLagMs)} at most`,
    ],
    ...(links.length > 0 ? [['More', html`${links.map(linksOf)}`] as [string, Markup]] : []),
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function linksOf({ collection, html: page, junit }: ReportLinks): Markup {
  return html`<p>${collection}: ${page && html`<a href="${page}">requests and responses</a> · `}${junit && html`<a href="${junit}">JUnit</a>`}</p>`;
}
