import { readFileSync } from 'node:fs';
import type { CheckRecord, Evidence, Strict, Verdict } from '../../collections/src/lib/record.ts';
import type { CaseResult, Results, RunResult } from '../runner/results.ts';
import { content, html, Markup } from './html.ts';
import { knownSections } from './known-sections.ts';
import { places } from './places.ts';
import { isKnown, isMiss, isReason, type RedCase, redCases, whyRed } from './red.ts';
import { duration, plural } from './text.ts';
import { caseTitle, pace, strictness, tally, unsaidProblems, unspoken, verdictSentence } from './verdict.ts';

export interface ReportLinks {
  collection: string;
  /** Each is empty where there is none; of the first, because no run came far enough. */
  html: string;
  junit: string;
}

type Placed = { run: RunResult; result: CaseResult };

const css = readFileSync(new URL('./index-page.css', import.meta.url), 'utf8');

/** A sign beside the word, so that neither colour nor shape carries the meaning alone. */
const signs: Record<Verdict, string> = {
  pass: '✓',
  fail: '✗',
  error: '✗',
  warn: '!',
  note: 'i',
  'not observed': '?',
  'not applicable': '–',
};

const meanings: [Verdict, string][] = [
  ['pass', 'what was expected was seen'],
  ['fail', 'a MUST of the specification is broken'],
  ['warn', 'an expectation below a MUST was missed; red or tolerated, as the strictness says'],
  ['note', 'the specification leaves it open, or its texts conflict: what happened is recorded'],
  ['not observed', 'the target offers no way to see it; this is not a pass'],
  [
    'not applicable',
    'the rule does not exist in this revision, or the target lacks the feature; this is not a pass',
  ],
  ['error', 'the harness broke, or the target failed a request that has nothing to do with cancellation'],
];

const evidences: Record<Evidence, string> = {
  witness: 'the witness, a second channel that tells what the handler really did',
  inferred: 'inferred: progress went quiet and no result came',
  none: 'none: nothing told whether the handler stopped',
};

/**
 * `reports/index.html`: one file, no script, nothing to load.
 * @param changes a section that tells what changed since another run
 */
export function indexPage(results: Results, links: ReportLinks[], changes?: Markup): string {
  const tone = ['good', 'red', 'open', 'open'][results.exitCode] ?? 'open';
  const [, word, sentence] = /^(Good:|Red:)?(.*)$/s.exec(verdictSentence(results)) ?? [];
  const red = redCases(results);
  const collections = [
    ...new Set([...results.runs.map((run) => run.collection), ...links.map((l) => l.collection)]),
  ];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<title>${{ good: 'Good', red: 'Red', open: 'Not established' }[tone]} · MCP cancellation</title>
<link rel="icon" href="data:,">
<style>${new Markup(css)}</style>
</head>
<body>
<header class="${tone}">
<p class="suite">MCP request cancellation · test report</p>
<h1>${word && html`<b>${word}</b>`}${sentence}</h1>
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
${facts(results)}
</header>
<main>
${changes}
${
  red.length > 0 &&
  html`<section aria-labelledby="red"><h2 id="red">What is red</h2>
${red.map((one) => redArticle(one, results))}</section>`
}
${knownSections(results, rowId)}
${collections.map((collection, i) =>
  collectionSection(
    collection,
    i,
    results,
    links.find((l) => l.collection === collection),
  ),
)}
<section aria-labelledby="words"><h2 id="words">What the words mean</h2>
<dl class="words">${meanings.map(([verdict, meaning]) => html`<div><dt>${chip(verdict)}</dt><dd>${meaning}</dd></div>`)}</dl>
</section>
</main>
</body>
</html>
`.text;
}

function counts(results: Results): Markup {
  const totals = tally(results.runs);
  const all: [number, string, string?][] = [
    [totals.cases, totals.cases === 1 ? 'case' : 'cases'],
    [totals.red, 'red', 'fail'],
    [totals.known, totals.known === 1 ? 'known failure' : 'known failures', 'warn'],
    [totals.pass, 'pass', 'pass'],
    [totals.fail, 'fail', 'fail'],
    [totals.error, 'error', 'fail'],
    [totals.warn, 'warn', 'warn'],
    [totals.note, 'note', 'note'],
    [totals.notObserved, 'not observed'],
    [totals.notApplicable, 'not applicable'],
  ];
  const shown = all.filter(([count, word]) => count > 0 || word === 'red' || word === 'pass');
  return html`<ul class="counts">${shown.map(
    ([count, word, kind]) =>
      html`<li${count > 0 && kind && html` class="${kind}"`}><b>${count}</b> ${word}</li>`,
  )}</ul>`;
}

function facts(results: Results): Markup {
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
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function redArticle({ runs, result, reasons }: RedCase, results: Results): Markup {
  return html`<article class="red">
<h3><code>${result.id}</code> ${caseTitle(result)}</h3>
<p class="where">${places(runs)} · <a href="#${rowId(runs[0]?.collection ?? '', result)}">evidence and transcript</a></p>
<ul class="checks">${reasons.map(
    (reason) => html`<li>
<p class="check">${chip(reason.verdict, true)} <strong>${reason.title}</strong> ${ruleLink(reason)}</p>
<dl><div><dt>Expected</dt><dd>${reason.expected}</dd></div>
<div><dt>Observed</dt><dd>${reason.observed}</dd></div>
<div><dt>Why red</dt><dd>${whyRed(reason, results.strict, result.known !== undefined)}</dd></div></dl></li>`,
  )}</ul>
</article>
`;
}

function collectionSection(name: string, index: number, results: Results, links?: ReportLinks): Markup {
  const runs = results.runs.filter((run) => run.collection === name);
  const placed = runs.flatMap((run) => run.cases.map((result) => ({ run, result })));
  const revisions = [...new Set(runs.map((run) => run.revision))].sort();
  const ids = [...new Set(placed.map(({ result }) => result.id))];
  const silent = unspoken(runs);
  const late = (revision: string) => runs.some((run) => run.revision === revision && run.lag);
  return html`<section aria-labelledby="c${index}"><h2 id="c${index}">${name}</h2>
${
  links &&
  html`<p class="links">${links.html && html`<a href="${links.html}">Requests and responses</a> · `}${links.junit && html`<a href="${links.junit}">JUnit</a>`}</p>`
}
${
  ids.length > 0 &&
  html`<table><caption>Each case in each revision: its verdict, and how the exchange of the cancelled call ended</caption>
<thead><tr><th scope="col">Case</th>${revisions.map(
    (revision) =>
      html`<th scope="col">${revision}${late(revision) && html` <small>timings taken under load</small>`}${silent.includes(revision) && html` <small>the target does not speak it</small>`}</th>`,
  )}</tr></thead>
<tbody>${ids.map((id) =>
    caseRows(
      placed.filter(({ result }) => result.id === id),
      revisions,
      results,
    ),
  )}</tbody></table>`
}
</section>
`;
}

function caseRows(all: Placed[], revisions: string[], results: Results): Markup | false {
  const first = all[0];
  if (!first) return false;
  const cell = (revision: string) => {
    const here = all.filter(({ run }) => run.revision === revision);
    if (here.length === 0) return html`<td><span class="quiet">not run</span></td>`;
    return html`<td>${here.map(
      ({ result }) => html`<p>${caseChip(result)} <small>${result.fate ?? ''}</small></p>`,
    )}</td>`;
  };
  const checks = Math.max(...all.map(({ result }) => result.checks.length));
  return html`<tr id="${rowId(first.run.collection, first.result)}" class="case"><th scope="row"><code>${first.result.id}</code> ${caseTitle(first.result)}</th>${revisions.map(cell)}</tr>
<tr class="more"><td colspan="${revisions.length + 1}"><details><summary>${checks > 0 && `${plural(checks, 'check')} and `}transcript<span class="hidden"> of ${first.result.id}</span></summary>
${all.map(({ run, result }) => caseDetail(run, result, results))}</details></td></tr>
`;
}

function caseDetail(run: RunResult, result: CaseResult, results: Results): Markup {
  const label = `Transcript of ${result.id} in ${run.revision}`;
  return html`<div class="detail"><h3>${run.revision} ${caseChip(result)}</h3>
<ol class="checks">${result.checks.map((check) => checkItem(check, checkChip(check, result, results.strict)))}</ol>
<dl><div><dt>Exchange</dt><dd>${result.fate ?? 'nothing was cancelled'}</dd></div>
<div><dt>Evidence</dt><dd>${evidences[result.evidence]}</dd></div>
<div><dt>Cancel to end</dt><dd>${result.cancelMs === null ? 'not measured' : `${duration(result.cancelMs)}${run.lag ? ', under load' : ''}`}</dd></div></dl>
${
  result.transcript === ''
    ? html`<p class="quiet">No transcript: nothing was sent.</p>`
    : // A box that scrolls must be reachable with the keyboard, and then it needs a name.
      html`<pre tabindex="0" role="region" aria-label="${label}">${content(result.transcript)}</pre>
<p class="quiet">In milliseconds since the case began. Newman hands over a stream when it has ended, so the frames of a stream carry the time of its end.</p>`
}</div>
`;
}

function checkItem(check: CheckRecord, chip: Markup): Markup {
  return html`<li><p class="check">${chip} <strong>${check.title}</strong> ${!check.title.startsWith(check.level) && html`<span class="quiet">${check.level}</span> `}${ruleLink(check)}</p>
<dl><div><dt>Expected</dt><dd>${check.expected}</dd></div><div><dt>Observed</dt><dd>${check.observed}</dd></div></dl></li>
`;
}

function caseChip(result: CaseResult): Markup {
  return isKnown(result) ? chip(result.verdict, false, ' · known') : chip(result.verdict, result.red);
}

function checkChip(check: CheckRecord, of: CaseResult, strict: Strict): Markup {
  if (isKnown(of) && isMiss(check, of, strict)) return chip(check.verdict, false, ' · known');
  return chip(check.verdict, isReason(check, of, strict));
}

/**
 * @param red left out where the word itself is meant
 * @param why in place of what `red` says
 */
function chip(verdict: Verdict, red?: boolean, why?: string): Markup {
  const more = why ?? (red ? ' · red' : red === false && verdict === 'warn' && ' · tolerated');
  const kind = red ? 'fail' : verdict.replace(' ', '-');
  return html`<span class="chip ${kind}"><span aria-hidden="true">${signs[verdict]}</span> ${verdict}${more}</span>`;
}

/** Only an address of the web becomes a link. */
function ruleLink({ spec, title }: { spec: string; title: string }): Markup | false {
  return (
    /^https?:\/\//.test(spec) &&
    html`<a href="${spec}" rel="noreferrer">rule<span class="hidden">: ${title}</span></a>`
  );
}

/** One row holds a case in all its revisions. */
function rowId(collection: string, result: CaseResult): string {
  return `${collection}.${result.id}`.replace(/[^\w.-]/g, '-');
}
