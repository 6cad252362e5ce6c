import { plural } from '../report/text.ts';
import type { Results } from '../runner/results.ts';
import { AT_LEAST_MS, type Change, type Changes, FACTOR, type Kind, type Lone, state } from './compare.ts';

/** What a table of changes is called. */
export const HEADINGS: Record<Kind, string> = {
  red: 'Became red',
  mended: 'Mended',
  verdict: 'Other changes of verdict',
  check: 'Changes of a check, where the case came to the same',
  fate: 'Changes of fate',
  latency: 'Changes of latency, from the cancel to the end of the exchange',
};

/** Of the rules that a case is about: its row has them all. */
export const rulesTold = 3;

export const LATENCY_RULE = `Latency counts as changed where it is more than ${FACTOR} times as long or short, and that by more than ${AT_LEAST_MS} ms; where a run was under load, it is not compared.`;

/** `2 cases became red, 1 is mended, 3 changed otherwise, 212 are the same.` */
export function changesSentence({ changes, lone, same }: Changes): string {
  const count = (wanted: (one: Change) => boolean) =>
    changes.filter(wanted).reduce((sum, { runs }) => sum + runs.length, 0);
  const alone = (kind: Lone['kind']) => lone.filter((one) => one.kind === kind);
  const cases = (all: Lone[]) => all.reduce((sum, one) => sum + one.cases, 0);
  const red = alone('new').reduce((sum, one) => sum + one.red.length, 0);
  const otherwise = count(({ kind }) => kind !== 'red' && kind !== 'mended');
  const parts: Array<[count: number, one: string, several: string]> = [
    [count(({ kind }) => kind === 'red'), 'became red', 'became red'],
    [count(({ kind }) => kind === 'mended'), 'is mended', 'are mended'],
    [otherwise, 'changed otherwise', 'changed otherwise'],
    [cases(alone('new')), 'ran only now', 'ran only now'],
    [cases(alone('gone')), 'ran only before', 'ran only before'],
    [same, 'is the same', 'are the same'],
  ];
  const told = parts.filter(([many]) => many > 0);
  if (told.length === 0) return 'No case ran in either of the runs.';
  const words = told.map(([many, one, several], i) => {
    const verb = many === 1 ? one : several;
    const redToo = verb === 'ran only now' && red > 0 ? ` (${red} red)` : '';
    return `${i === 0 ? plural(many, 'case') : many} ${verb}${redToo}`;
  });
  const nothing = told.length === 1 && same > 0 ? 'Nothing changed: ' : '';
  return `${nothing}${words.join(', ')}.`;
}

/** `2026-11-23 04:22:01 UTC (sdk 1.0.0, suite 0.2.0)`. */
export function since({ before }: Changes): string {
  return `${moment(before.startedAt)} (${serverOf(before)}, suite ${before.suite.version})`;
}

/** In what the two runs are no repetition of each other, a line each. */
export function differences({ before, now }: Changes): string[] {
  const lines: string[] = [];
  const differ = (what: string, of: (results: Results) => string) => {
    if (of(before) !== of(now)) lines.push(`${what}: ${of(before)} before, ${of(now)} now.`);
  };
  const names = [before, now].map(({ target }) => target.server?.name);
  const another = names[0] !== names[1] ? 'The two runs are of different servers' : 'The server has changed';
  differ(another, serverOf);
  differ('The two runs are of different addresses', address);
  differ('Another tool was cancelled', ({ target }) => target.slowTool || 'one without a name');
  differ('The strictness is another, and with it what is red', ({ strict }) => strict);
  differ('The version of the suite is another', ({ suite }) => suite.version);
  if (now.exitCode > 1 || (now.exitCode === 1 && now.problems.length > before.problems.length))
    lines.push(...now.problems.map((problem) => `This run: ${problem}`));
  const stale = now.stale.filter(({ entry }) => !before.stale.some((one) => one.entry === entry));
  lines.push(...stale.map(({ file, line, why }) => `A known failure became stale: ${file}:${line}: ${why}.`));
  return lines;
}

/** What a case, or a whole run, was that the other run has not: `68 cases, 1 red: L-EFF-4`. */
export function loneState({ result, cases, red }: Lone): string {
  if (result) return state(result);
  return `${plural(cases, 'case')}, ${red.length} red${red.length > 0 ? `: ${red.join(', ')}` : ''}`;
}

export function loneWord({ kind }: Lone): string {
  return kind === 'new' ? 'ran only now' : 'ran only before';
}

function serverOf({ target }: Results): string {
  return target.server ? `${target.server.name} ${target.server.version}`.trim() : 'an unknown server';
}

/** On this machine a port is mostly a free one, and each run has another. */
function address({ target }: Results): string {
  return target.url.replace(/^(https?:\/\/(?:127\.[\d.]+|localhost|\[::1\])):\d+/, '$1');
}

function moment(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return 'an earlier run';
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
