import type { CheckRecord, Verdict } from '../../collections/src/lib/record.ts';
import type { Place } from '../report/places.ts';
import { isKnown, reasons, withoutMeasures } from '../report/red.ts';
import type { CaseResult, Results, RunResult } from '../runner/results.ts';

/** What a case came to be that it was not, the most urgent first; a case is told under the first that is true. */
export const KINDS = ['red', 'mended', 'verdict', 'check', 'fate', 'latency'] as const;
export type Kind = (typeof KINDS)[number];

/** Latency is only told where it changed by more than both: by a factor, and by milliseconds. */
export const FACTOR = 2;
export const AT_LEAST_MS = 100;

/** A rule that a change is about. */
export interface ChangedRule extends Pick<CheckRecord, 'title' | 'spec'> {
  /** What its check was and is, or what was seen; empty where there is nothing to add. */
  text: string;
}

/** A change of a case, told once for all the runs in which it was the same. */
export interface Change {
  kind: Kind;
  /** The first of them first. */
  runs: Place[];
  /** As the case is now, in the first of them. */
  result: CaseResult;
  /** What it was, and what it is: the verdict, and of fate and latency what changed. */
  before: string;
  now: string;
  rules: ChangedRule[];
}

/** A case that ran only before, or only now; all the cases of a run where the run did. */
export interface Lone {
  kind: 'new' | 'gone';
  runs: Place[];
  /** Undefined for whole runs. */
  result?: CaseResult;
  /** How many cases it stands for. */
  cases: number;
  /** The ids of those that are red. */
  red: string[];
}

export interface Changes {
  before: Results;
  now: Results;
  /** By kind, and then in the order in which they ran. */
  changes: Change[];
  lone: Lone[];
  /** How many cases did not change. */
  same: number;
  /** Whether something is red that was not, or nothing can be said of it. */
  worse: boolean;
}

/** What changed between two runs, case by case in each collection and revision. */
export function compare(before: Results, now: Results): Changes {
  const old = byPlace(before.runs);
  const current = byPlace(now.runs);
  const changes = new Map<string, Change>();
  let same = 0;
  for (const [place, { run, result }] of current) {
    const other = old.get(place);
    if (!other) continue;
    const change = changeOf(other, { run, result }, before, now);
    if (!change) {
      same += 1;
      continue;
    }
    const { runs: _runs, result: _result, ...what } = change;
    const key = withoutMeasures(JSON.stringify([result.id, what]));
    const told = changes.get(key);
    if (told) told.runs.push(...change.runs);
    else changes.set(key, change);
  }
  const all = [...changes.values()].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  const lone = [...loneIn(now.runs, before.runs, 'new'), ...loneIn(before.runs, now.runs, 'gone')];
  return { before, now, changes: all, lone, same, worse: isWorse(all, lone, before, now) };
}

/** `warn, red`. */
export function state(of: CaseResult): string {
  if (isKnown(of)) return `${of.verdict}, a known failure`;
  return of.red ? `${of.verdict}, red` : of.verdict;
}

interface Placed {
  run: RunResult;
  result: CaseResult;
}

function byPlace(runs: RunResult[]): Map<string, Placed> {
  return new Map(
    runs.flatMap((run) =>
      run.cases.map((result) => [JSON.stringify([run.collection, result.id, run.revision]), { run, result }]),
    ),
  );
}

function changeOf(old: Placed, { run, result }: Placed, before: Results, now: Results): Change | undefined {
  const was = old.result;
  const checks = changedChecks(was, result);
  const fate = withoutMeasures(was.fate ?? '') !== withoutMeasures(result.fate ?? '');
  const slower = latencyChanged(old, { run, result });
  const kind = kindOf(was, result, checks.length > 0, fate, slower);
  if (!kind) return undefined;
  const told = (of: CaseResult, becameKnown = false) => {
    const ending = fate ? `; ${of.fate ?? 'no call was cancelled'}` : '';
    const latency = slower ? `; ${Math.round(of.cancelMs ?? 0)} ms` : '';
    return (becameKnown ? `is now a known failure: ${of.verdict}` : state(of)) + ending + latency;
  };
  const place = { collection: run.collection, revision: run.revision };
  const becameKnown = isKnown(result) && !isKnown(was);
  const rules = {
    red: () =>
      reasons(result, now.strict).map(({ title, spec, observed }) => ({ title, spec, text: observed })),
    mended: () => reasons(was, before.strict).map(({ title, spec }) => ({ title, spec, text: '' })),
  };
  return {
    ...{ kind, runs: [place], result, before: told(was), now: told(result, becameKnown) },
    rules: kind === 'red' || kind === 'mended' ? rules[kind]() : checks,
  };
}

function kindOf(
  was: CaseResult,
  is: CaseResult,
  checks: boolean,
  fate: boolean,
  latency: boolean,
): Kind | undefined {
  if (is.red && !was.red) return 'red';
  if (was.red && isMended(was, is)) return 'mended';
  if (state(was) !== state(is)) return 'verdict';
  if (checks) return 'check';
  if (fate) return 'fate';
  return latency ? 'latency' : undefined;
}

/** A case that became known, could not be judged or is only taken less strictly is as broken as it was. */
function isMended(was: CaseResult, is: CaseResult): boolean {
  const judged = is.verdict !== 'not observed' && is.verdict !== 'not applicable';
  return !is.red && !isKnown(is) && judged && is.verdict !== was.verdict;
}

/** The checks that both runs have, and that came to another verdict. */
function changedChecks(was: CaseResult, is: CaseResult): ChangedRule[] {
  const verdicts = new Map<string, Verdict>(was.checks.map(({ title, verdict }) => [title, verdict]));
  return is.checks.flatMap(({ title, spec, verdict, observed }) => {
    const other = verdicts.get(title) ?? verdict;
    return other === verdict ? [] : [{ title, spec, text: `${other}, now ${verdict}: ${observed}` }];
  });
}

function latencyChanged(old: Placed, current: Placed): boolean {
  const a = old.result.cancelMs;
  const b = current.result.cancelMs;
  if (a === null || b === null || old.run.lag || current.run.lag) return false;
  return Math.abs(a - b) > AT_LEAST_MS && Math.max(a, b) > FACTOR * Math.min(a, b);
}

/** The cases of these runs that are not among the others. */
function loneIn(runs: RunResult[], others: RunResult[], kind: Lone['kind']): Lone[] {
  const there = byPlace(others);
  const told = new Map<string, Lone>();
  for (const { collection, revision, cases } of runs) {
    const whole = !others.some((one) => one.collection === collection && one.revision === revision);
    for (const result of cases) {
      if (there.has(JSON.stringify([collection, result.id, revision]))) continue;
      const key = whole ? JSON.stringify([collection, revision]) : `${result.id} ${state(result)}`;
      const lone = told.get(key) ?? { kind, runs: [], ...(whole ? {} : { result }), cases: 0, red: [] };
      lone.runs.push({ collection, revision });
      lone.cases += 1;
      if (result.red) lone.red.push(result.id);
      told.set(key, lone);
    }
  }
  return [...told.values()];
}

/**
 * A case that did not run before was not red before, and a run that tells nothing cannot say that all is well: whoever
 * lets nothing become worse must hear of both.
 */
function isWorse(changes: Change[], lone: Lone[], before: Results, now: Results): boolean {
  if (changes.some(({ kind }) => kind === 'red') || now.exitCode > 1) return true;
  if (lone.some((one) => one.kind === 'new' && one.red.length > 0)) return true;
  if (now.exitCode === 1 && now.problems.length > before.problems.length) return true;
  const entries = new Set(before.stale.map(({ entry }) => entry));
  return now.stale.some(({ entry }) => !entries.has(entry));
}
