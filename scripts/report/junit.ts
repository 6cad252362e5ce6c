import junitReportBuilder, { type Builder, type TestCase } from 'junit-report-builder';
import type { CheckRecord, Strict } from '../../collections/src/lib/record.ts';
import type { CaseResult, Results, RunResult } from '../runner/results.ts';
import { staleText } from './known.ts';
import { isKnown, isMiss, type Reason, reasons, whyRed } from './red.ts';
import { oneLine, visible } from './text.ts';
import { strictness, target } from './verdict.ts';

/** Its types describe a default export inside the default export; at run time there is one. */
const builder = junitReportBuilder as unknown as Builder;

/** The JUnit report of one collection: a suite for each revision and group of cases, a test case for each check. */
export function junitReport(results: Results, collection: string): string {
  const junit = builder.newBuilder().name(oneLine(collection));
  for (const run of results.runs.filter((one) => one.collection === collection)) {
    const groups = Object.entries(grouped(run.cases));
    for (const [group, cases] of groups) {
      const suite = junit
        .testSuite()
        .name(oneLine(`${run.collection}.${run.revision}.${group}`))
        .timestamp(results.startedAt)
        .property('target', target(results))
        .property('suite', oneLine(`${results.suite.name} ${results.suite.version}`))
        .property('revision', oneLine(run.revision))
        .property('strict', strictness(results.strict));
      // How long each group took is not known where several shared a run.
      if (groups.length === 1) suite.time(run.durationMs / 1000);
      if (run.lag) suite.property('lag', 'the event loop was too busy for the timings to be trusted');
      for (const of of cases) addCase(() => suite.testCase(), run, of, results.strict);
    }
  }
  // Once is enough: in the report of the collection that ran first.
  if (results.runs[0]?.collection === collection && results.stale.length > 0) {
    const suite = junit.testSuite().name('known failures').timestamp(results.startedAt);
    for (const entry of results.stale)
      suite
        .testCase()
        .className('known failures')
        .name(oneLine(entry.entry))
        .file(oneLine(entry.file))
        .failure(staleText(entry), 'stale')
        .stacktrace(cdata([staleText(entry), ...entry.replaceBy].join('\n')));
  }
  return junit.build();
}

/** `L-EFF` of `L-EFF-4`. */
export function groupOf(id: string): string {
  return id.includes('-') ? id.slice(0, id.lastIndexOf('-')) : id;
}

function grouped(cases: CaseResult[]): Record<string, CaseResult[]> {
  const groups: Record<string, CaseResult[]> = {};
  for (const of of cases) {
    groups[groupOf(of.id)] ??= [];
    groups[groupOf(of.id)]?.push(of);
  }
  return groups;
}

function addCase(add: () => TestCase, run: RunResult, of: CaseResult, strict: Strict): void {
  const named = (title: string) =>
    add()
      .className(oneLine(`${run.collection}.${run.revision}.${of.id}`))
      .name(oneLine(`${of.id} ${title}`));
  const mark = isKnown(of) ? skipKnown : markRed;
  for (const check of of.checks) {
    const test = named(check.title);
    if (isMiss(check, of, strict)) mark(test, check, of, strict);
    else if (check.verdict !== 'pass') skip(test, why(check, strict));
  }
  const explained = of.checks.some((check) => isMiss(check, of, strict));
  if ((of.red || isKnown(of)) && !explained) {
    for (const reason of reasons(of, strict)) mark(named(reason.title), reason, of, strict);
  } else if (of.checks.length === 0) {
    const test = named('The case as a whole');
    if (of.verdict !== 'pass') skip(test, of.verdict);
  }
}

function markRed(test: TestCase, reason: Reason, of: CaseResult, strict: Strict): void {
  const message = oneLine(`Expected ${reason.expected}; seen: ${reason.observed}`);
  const content = cdata(
    [
      `Expected: ${reason.expected}`,
      `Seen:     ${reason.observed}`,
      `Rule:     ${reason.spec || 'none'}`,
      `Why red:  ${whyRed(reason, strict, of.known !== undefined)}`,
      `Fate:     ${of.fate ?? 'nothing was cancelled'}`,
    ].join('\n'),
  );
  if (reason.verdict === 'error') test.error(message, 'error', content);
  else test.failure(message, reason.verdict).stacktrace(content);
}

function skipKnown(test: TestCase, reason: Reason, of: CaseResult): void {
  skip(test, `known failure: ${of.known}; expected ${reason.expected}; seen: ${reason.observed}`);
}

function why(check: CheckRecord, strict: Strict): string {
  const seen = `expected ${check.expected}; seen: ${check.observed}`;
  if (check.verdict === 'warn') return `warn, tolerated with strict=${strict}: ${seen}`;
  return check.verdict === 'note' ? `note: ${seen}` : `${check.verdict}: ${check.observed}`;
}

/** The builder's `skipped()` takes no message, and a skip without its reason tells nobody anything. */
function skip(test: TestCase, message: string): void {
  const build = test.skipped().build.bind(test);
  test.build = (parent) => {
    const element = build(parent);
    for (const child of element.children) {
      if ('name' in child && child.name === 'skipped') child.attribute('message', oneLine(message));
    }
    return element;
  };
}

/** The builder guards the first `]]>` only. */
function cdata(text: string): string {
  return visible(text).replaceAll(']]>', ']] >');
}
