import type { Strict, Verdict } from '../../collections/src/lib/record.ts';
import type { CaseResult, Results, RunResult, StaleEntry, Totals } from '../runner/results.ts';
import { isKnown, redCases } from './red.ts';
import { duration, oneLine, plural } from './text.ts';

/** In the order in which a reader should meet them: the bad ones first. */
const verdicts: Verdict[] = ['pass', 'fail', 'error', 'warn', 'note', 'not observed', 'not applicable'];

const numbers = ['none', 'one', 'two', 'three', 'four', 'five', 'six'];

/** Ids that the sentence names before it says "and N more". */
const namedIds = 8;

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

/** What one of several runs came to: `60 of 68 cases pass, 2 red`. */
export function runLine(run: RunResult): string {
  if (unspoken([run]).length > 0) return `${doesNotSpeak([run.revision])}: nothing was tested`;
  const { cases, pass, red, known } = tally([run]);
  const more = known > 0 ? `, ${plural(known, 'known failure')}` : '';
  return `${pass} of ${plural(cases, 'case')} ${pass === 1 ? 'passes' : 'pass'}, ${red} red${more}`;
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
    const what =
      red.length > 0
        ? `${idList(redCases(results).flatMap(({ runs, result }) => runs.map(() => result)))}${stale && `, and ${stale}`}`
        : `${problem}${more}`;
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
