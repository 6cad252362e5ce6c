import type { CheckRecord, Strict, Verdict } from '../../collections/src/lib/record.ts';
import { isRed } from '../../collections/src/lib/verdict.ts';
import type { Again, CaseResult, Results, RunResult, StaleEntry, Totals } from '../runner/results.ts';
import { duration, oneLine, plural } from './text.ts';

/** Why a case is red: one of its checks, or the case as a whole where no check explains it. */
export type Reason = Omit<CheckRecord, 'level'>;

/** A red case, told once for all the revisions in which the same was seen. */
export interface RedCase {
  collection: string;
  revisions: string[];
  /** As it was in the first of them. */
  result: CaseResult;
  reasons: Reason[];
}

/** In the order in which a reader should meet them: the bad ones first. */
const verdicts: Verdict[] = ['pass', 'fail', 'error', 'warn', 'note', 'not observed', 'not applicable'];

const numbers = ['none', 'one', 'two', 'three', 'four', 'five', 'six'];

/** Ids that the sentence names before it says "and N more". */
const namedIds = 8;

/** Whether this check is a reason for its case being red. */
export function isReason(check: CheckRecord, of: CaseResult, strict: Strict): boolean {
  return !isKnown(of) && isMiss(check, of, strict);
}

/** Whether this check makes its case red, or would if it were no known failure. */
export function isMiss(check: CheckRecord, of: CaseResult, strict: Strict): boolean {
  const counts = check.verdict !== 'warn' || of.red || isKnown(of);
  return counts && isRed(of.id, check.verdict, strict);
}

/** Whether the case is a known failure. An error is none, listed or not. */
export function isKnown(of: CaseResult): boolean {
  return of.known !== undefined && !of.red;
}

/**
 * What made the case red, or would have if it were no known failure. Never empty for such a case: a harness that
 * broke early leaves no check behind.
 */
export function reasons(of: CaseResult, strict: Strict): Reason[] {
  const checks = of.checks.filter((check) => isMiss(check, of, strict));
  if (checks.length > 0 || !(of.red || isKnown(of))) return checks;
  return [
    {
      title: 'The case as a whole',
      spec: '',
      verdict: of.verdict,
      expected: 'the case runs to its verdict',
      observed: `it ended as "${of.verdict}" without a check that explains it; its transcript shows how far it came`,
    },
  ];
}

/** Every red case, in the order in which they ran. */
export function redCases(results: Results): RedCase[] {
  const told = new Map<string, RedCase>();
  for (const { collection, revision, cases } of results.runs)
    for (const result of cases.filter((one) => one.red)) {
      const why = reasons(result, results.strict);
      const seen = withoutMeasures(JSON.stringify([collection, result.id, result.fate, why]));
      const before = told.get(seen);
      if (!before) told.set(seen, { collection, revisions: [revision], result, reasons: why });
      else if (!before.revisions.includes(revision)) before.revisions.push(revision);
    }
  return [...told.values()];
}

/** Times and ticks are never the same twice, and each revision has its own pages, though the same was seen. */
function withoutMeasures(text: string): string {
  return text.replace(/\d+(\.\d+)?(?= (ms|ticks?)\b)|(?<=\/specification\/)[\d-]+/g, '#');
}

/** `conformance-2025 2025-06-18, 2025-11-25; mcp-cancellation 2025-11-25`. */
export function places(runs: Array<Pick<RunResult, 'collection' | 'revision'>>): string {
  const collections = [...new Set(runs.map(({ collection }) => collection))];
  const revisionsOf = (name: string) =>
    runs.filter(({ collection }) => collection === name).map(({ revision }) => revision);
  return collections.map((name) => `${name} ${[...new Set(revisionsOf(name))].join(', ')}`).join('; ');
}

/**
 * The revisions that the target does not speak: nothing that was run in them applies, not even the cases that apply
 * in every revision. A run without these tells nothing about its revision.
 */
export function unspoken(runs: RunResult[]): string[] {
  const revisions = [...new Set(runs.map((run) => run.revision))];
  return revisions.filter((revision) => {
    const cases = runs.filter((run) => run.revision === revision).flatMap((run) => run.cases);
    return cases.some(isCore) && cases.every((one) => one.verdict === 'not applicable');
  });
}

/** Whether a handler stops, and whether an exchange ends: without these, nothing is known about cancellation. */
export function isCore({ id }: CaseResult): boolean {
  return id === 'L-EFF-1' || id === 'L-EFF-4';
}

/** What could not be seen, and why: each reason with the ids of the cases it concerns. */
export function notObserved(results: Results): Array<[why: string, ids: string[]]> {
  const reasons = new Map<string, Set<string>>();
  for (const { id, verdict, checks } of allCases(results)) {
    const why = checks.find((check) => check.verdict === 'not observed')?.observed;
    if (verdict === 'not observed' && why !== undefined)
      reasons.set(why, (reasons.get(why) ?? new Set()).add(id));
  }
  return [...reasons].map(([why, ids]) => [why, [...ids]]);
}

/**
 * Under which policy a reason turned the case red; never calls a SHOULD a MUST.
 * @param listed whether the known failures have it, and it is red all the same
 */
export function whyRed(reason: Reason, strict: Strict, listed = false): string {
  if (reason.verdict === 'fail') return 'a MUST is broken: red however strict the run is';
  if (reason.verdict === 'error') {
    const though = listed
      ? ', also where its case is a known failure, as it tells nothing about the rule'
      : '';
    return `the harness broke or sanity failed: an error is always red${though}`;
  }
  return strict === 'should'
    ? 'not a MUST: red because strict=should counts every missed expectation'
    : `suite policy, not a MUST: red because strict=${strict} demands this effect of a cancellation`;
}

/** What `strict` means, in words. */
export function strictness(strict: Strict): string {
  return {
    must: 'must: only a broken MUST is red',
    effect: 'effect: a broken MUST is red, and so is a missed effect of a cancellation',
    should: 'should: every missed expectation is red',
  }[strict];
}

/** The case's name without its id, which items carry in front of it. */
export function caseTitle(of: CaseResult): string {
  const rest = of.title.startsWith(of.id)
    ? of.title.slice(of.id.length).replace(/^[\s:·.–—-]+/, '')
    : of.title;
  return oneLine(rest) || oneLine(of.title);
}

/** The cases counted by verdict. */
export function tally(runs: RunResult[]): Omit<Totals, 'assertions'> {
  const cases = runs.flatMap((run) => run.cases);
  const count = (verdict: Verdict) => cases.filter((one) => one.verdict === verdict).length;
  return {
    cases: cases.length,
    checks: cases.reduce((sum, one) => sum + one.checks.length, 0),
    red: cases.filter((one) => one.red).length,
    known: cases.filter(isKnown).length,
    pass: count('pass'),
    fail: count('fail'),
    warn: count('warn'),
    note: count('note'),
    notObserved: count('not observed'),
    notApplicable: count('not applicable'),
    error: count('error'),
  };
}

/** `14 cases, 31 checks, 64 assertions: 12 pass, 1 fail, 1 not observed; 1 red`. */
export function countsLine(results: Results): string {
  const totals = tally(results.runs);
  const size = [
    plural(totals.cases, 'case'),
    plural(totals.checks, 'check'),
    plural(results.totals.assertions, 'assertion'),
  ].join(', ');
  return totals.cases === 0 ? size : `${size}: ${byVerdict(allCases(results), true)}; ${totals.red} red`;
}

/** What one of several runs came to: `60 of 68 cases pass, 8 not applicable; 0 red`. */
export function runLine(run: RunResult): string {
  if (unspoken([run]).length > 0) return `${doesNotSpeak([run.revision])}: nothing was tested`;
  const counts = byVerdict(run.cases, true);
  return `${plural(run.cases.length, 'case')}: ${counts}; ${run.cases.filter((one) => one.red).length} red`;
}

/** How long it took, how much of that could not be helped, and how many jobs shared it. */
export function pace({ durationMs, runs, atOnce }: Results): string {
  const waitMs = runs.reduce((sum, run) => sum + run.waitMs, 0);
  const cases = runs.reduce((sum, run) => sum + run.cases.length, 0);
  const several = atOnce > 1 && `run ${numbers[atOnce] ?? atOnce} at a time`;
  const more = [waitMs > 0 && `necessary waits: ${duration(waitMs)}`, several].filter(Boolean);
  return `${plural(cases, 'case')} in ${duration(durationMs)}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
}

/** The whole run in one sentence that claims nothing which was not seen. */
export function verdictSentence(results: Results): string {
  const cases = allCases(results);
  const red = cases.filter((one) => one.red);
  const problem = problemText(results.problems[0] ?? 'the run left no reason');
  const more = results.problems.length > 1 ? ` (and ${results.problems.length - 1} more)` : '';
  if (results.exitCode === 2) return `Nothing was run: ${problem}${more}.`;
  if (results.exitCode === 3) return `Nothing could be established: ${problem}${more}.`;
  if (cases.length === 0) return 'Nothing could be established: no case ran.';
  const against = `against ${target(results)}`;
  const others = byVerdict(cases.filter((one) => !one.red));
  const stale = results.stale.length > 0 ? staleCount(results.stale) : '';
  const silent = unspoken(results.runs);
  const but = silent.length > 0 ? `; ${doesNotSpeak(silent)}` : '';
  if (results.exitCode === 1) {
    if (red.length === 0 && stale)
      return `Red: ${stale}, and nothing else is red in ${plural(cases.length, 'case')} ${against}: ${others}${but}.`;
    const what = red.length > 0 ? `${idList(red)}${stale && `, and ${stale}`}` : `${problem}${more}`;
    return `Red: ${red.length} of ${plural(cases.length, 'case')} ${against}: ${what}${others && `; ${others}`}${but}.`;
  }
  const pass = cases.filter((one) => one.verdict === 'pass').length;
  if (pass === cases.length)
    return `Good: ${pass} of ${plural(cases.length, 'case')} ${pass === 1 ? 'passes' : 'pass'} ${against}.`;
  // Where nothing passed, nothing good was seen either.
  const unseen = blind(cases) ? ', but whether a handler stops was not seen' : '';
  const good = unseen ? 'Nothing is red' : 'Good: nothing is red';
  const verdict = pass > 0 ? good : 'Nothing red, and nothing proven,';
  return `${verdict} in ${plural(cases.length, 'case')} ${against}${pass > 0 ? unseen : ''}: ${byVerdict(cases, true)}${but}.`;
}

/** Whether the cases asked if a handler stops, and none of them could see it. */
function blind(cases: CaseResult[]): boolean {
  const asked = cases.filter(({ id, verdict }) => id === 'L-EFF-1' && verdict !== 'not applicable');
  return asked.length > 0 && asked.every(({ verdict }) => verdict === 'not observed');
}

export function doesNotSpeak(revisions: string[]): string {
  return `the target does not speak ${revisions.join(', ')}`;
}

/** The problems that the sentence does not name. */
export function unsaidProblems(results: Results): string[] {
  const sentence = verdictSentence(results);
  return results.problems.filter((problem) => !sentence.includes(problemText(problem)));
}

/** The command that runs this case alone again. Other collections can have it too, and others revisions be good. */
export function rerunCommand({ collection, revisions, result }: RedCase, { command, given }: Again): string {
  const which = ['--collection', collection, ...revisions.flatMap((revision) => ['--revision', revision])];
  return [`${command} --case`, ...[result.id, ...which, ...given].map(quote)].join(' ');
}

/** The target as one phrase: its URL, what it calls itself, and which of its tools was cancelled. */
export function target(results: Results): string {
  const { url, server, slowTool } = results.target;
  const name = server ? ` (${`${server.name} ${server.version}`.trim()})` : '';
  return oneLine(`${url}${name}${slowTool ? `, by its tool ${slowTool}` : ''}`);
}

/** `2 stale entries in known-failures.yml`. */
function staleCount(stale: StaleEntry[]): string {
  const files = [...new Set(stale.map(({ file }) => oneLine(file)))];
  return `${stale.length} stale ${stale.length === 1 ? 'entry' : 'entries'} in ${files.join(', ')}`;
}

function problemText(problem: string): string {
  return oneLine(problem).replace(/\.$/, '');
}

function allCases(results: Results): CaseResult[] {
  return results.runs.flatMap((run) => run.cases);
}

function byVerdict(cases: CaseResult[], evenNoPass = false): string {
  const known = cases.filter(isKnown).length;
  const counts = verdicts
    .map((verdict) => ({ verdict, all: cases.filter((one) => one.verdict === verdict && !isKnown(one)) }))
    .filter(({ verdict, all }) => all.length > 0 || (evenNoPass && verdict === 'pass'))
    .map(({ verdict, all }) => {
      const tolerated = verdict === 'warn' && !all.some((one) => one.red) ? ' (tolerated)' : '';
      return `${all.length} ${verdict}${tolerated}`;
    });
  return [...counts, ...(known > 0 ? [plural(known, 'known failure')] : [])].join(', ');
}

function idList(cases: CaseResult[]): string {
  const times = new Map<string, number>();
  for (const one of cases) times.set(one.id, (times.get(one.id) ?? 0) + 1);
  const ids = [...times].map(([id, count]) => oneLine(count > 1 ? `${id} (${count} times)` : id));
  const more = ids.length - namedIds;
  return ids.slice(0, namedIds).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function quote(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${oneLine(word).replaceAll("'", `'\\''`)}'`;
}
