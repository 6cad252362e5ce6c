import type { Results } from '../runner/results.ts';
import { rerunCommand } from './again.ts';
import { places } from './places.ts';
import { type Reason, type RedCase, redCases, whyRed, withoutMeasures } from './red.ts';
import { clip, oneLine, wrap } from './text.ts';
import { caseTitle } from './verdict.ts';

/** Of a text that a target can make as long as it likes. */
const longest = 320;

/** Cases in the list that stands beside the verdict, so that both are on one screen. */
const listed = 8;

export interface Look {
  /** The longest line, but for links and commands: these are there to be copied. */
  columns: number;
  strong: (text: string) => string;
  dim: (text: string) => string;
}

/**
 * Every red case as a block: the rule, what was expected, what was seen, and the command that runs it again. Why it
 * is red stands once above all that are red for the same reason, and rules that were missed in the same way stand
 * together.
 */
export function redBlocks(results: Results, look: Look): string[][] {
  const blocks: string[][] = [];
  let heading = '';
  for (const one of redCases(results)) {
    const why = (reason: Reason) => whyRed(reason, results.strict, one.result.known !== undefined);
    const [worst] = one.reasons.map(why);
    if (worst !== undefined && worst !== heading) {
      heading = worst;
      const sentence = `${heading.charAt(0).toUpperCase()}${heading.slice(1)}:`;
      blocks.push(wrap(sentence, look.columns));
    }
    const unlike = (reason: Reason) => (why(reason) === heading ? '' : why(reason));
    blocks.push([...block(one, unlike, look), again([one], results, look)]);
  }
  return blocks;
}

/**
 * A line for each red case with a rule that it misses, and the command that runs all of them again; empty where one
 * block has said it all.
 */
export function redList(results: Results, look: Look): string[] {
  const red = redCases(results);
  if (red.length < 2) return [];
  const ids = [...new Set(red.map(({ result }) => result.id))];
  const width = Math.max(...ids.map((id) => oneLine(id).length));
  const lines = ids.slice(0, listed).map((id) => {
    const reasons = red.filter(({ result }) => result.id === id).flatMap((one) => one.reasons);
    const [title = '', ...others] = new Set(reasons.map((reason) => oneLine(reason.title)));
    const more = others.length > 0 ? `, and ${others.length} more` : '';
    const head = `  ${reasons[0]?.verdict.padEnd(5)}  ${oneLine(id).padEnd(width)}  `;
    return `${head}${clip(title, look.columns - head.length - more.length)}${more}`;
  });
  if (ids.length > listed) lines.push(`  and ${ids.length - listed} more, above`);
  return [...lines, again(red, results, look)];
}

function block({ runs, result, reasons }: RedCase, why: (reason: Reason) => string, look: Look): string[] {
  const head = wrap(`${caseTitle(result)} (${places(runs)})`, look.columns, `${oneLine(result.id)}  `);
  const lines = head.map(look.strong);
  const row = (label: string, text: string) => {
    const [first = '', ...rest] = wrap(clip(oneLine(text), longest), look.columns, `  ${label.padEnd(9)} `);
    lines.push(first.replace(label, look.dim(label)), ...rest);
  };
  for (const [first, ...others] of missedAlike(reasons)) {
    // A case that broke says the same of each of its checks, whatever they are about.
    if (first.verdict === 'error') row('error', first.observed);
    else {
      row('rule', first.title);
      for (const { title } of others) row('', title);
      if (first.spec) row('', first.spec);
      row('expected', first.expected);
      row('seen', first.observed);
    }
    if (why(first)) row('why red', why(first));
  }
  const { fate } = result;
  if (fate && !reasons.some(({ observed }) => observed.includes(fate))) row('exchange', fate);
  return lines;
}

/** Those that were missed in the same way stand together, whatever was measured. */
function missedAlike(reasons: Reason[]): Array<[Reason, ...Reason[]]> {
  const told = new Map<string, [Reason, ...Reason[]]>();
  for (const reason of reasons) {
    const { verdict, spec, expected, observed } = reason;
    const same = verdict === 'error' ? [observed] : [verdict, spec, expected, observed];
    const key = withoutMeasures(JSON.stringify(same));
    const before = told.get(key);
    if (before) before.push(reason);
    else told.set(key, [reason]);
  }
  return [...told.values()];
}

/** Never wrapped: a command is there to be copied. */
function again(red: RedCase[], results: Results, { dim }: Look): string {
  return `  ${dim('again')}     ${rerunCommand(red, results)}`;
}
