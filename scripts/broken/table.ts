import pc from 'picocolors';
import { clip, duration, oneLine, plural, wrap } from '../report/text.ts';
import type { Turned } from './compare.ts';
import type { Proof } from './prove.ts';

const COLUMNS = 80;

/** What is printed when a server is done: one line, and what was wrong with its declaration. */
export function progressLine({ fault, wrong, seen, again, ms }: Proof, done: number, total: number): string {
  const count = `[${String(done).padStart(String(total).length)}/${total}]`;
  const verdict = wrong.length === 0 ? pc.green('ok ') : pc.red('BAD');
  const lines = [
    `${verdict} ${pc.dim(count)} ${fault.name} ${pc.dim(duration(ms))}${again ? ', tried twice' : ''}`,
  ];
  for (const line of wrong) lines.push(...wrap(clip(oneLine(line), 400), COLUMNS, '      '));
  if (wrong.length > 0) lines.push(...wrap(`It turned ${JSON.stringify(seen)}`, COLUMNS, '      '));
  return `${lines.join('\n')}\n`;
}

/** Server by server the checks that it turned, then what is not proved. */
export function summary(proofs: Proof[], missed: string[], ms: number): string {
  const width = Math.max(...proofs.map(({ fault }) => fault.name.length)) + 2;
  const lines = proofs.flatMap(({ fault, turned, wrong }) => {
    const told = [fault.what, ...(turned.length > 0 ? [`→ ${checks(turned)}`] : [])].join(' ');
    const bad = wrong.length > 0 ? ' (NOT AS DECLARED)' : '';
    return wrap(`${told}${bad}`, COLUMNS, fault.name.padEnd(width));
  });
  const bad = proofs.filter(({ wrong }) => wrong.length > 0);
  if (bad.length > 0) lines.push('', `${plural(bad.length, 'server')} did not do what is declared:`);
  for (const { fault, wrong } of bad)
    for (const line of wrong) lines.push(...wrap(clip(oneLine(line), 400), COLUMNS, `  ${fault.name}  `));
  if (missed.length > 0) lines.push('', `${plural(missed.length, 'check')} not killed by any server:`);
  for (const line of missed) lines.push(...wrap(line, COLUMNS, '  '));
  const turned = proofs.flatMap((proof) => proof.turned).length;
  lines.push('', `${plural(proofs.length, 'server')}, ${turned} verdicts turned, in ${duration(ms)}.`);
  return `${lines.join('\n')}\n`;
}

/** `L-EFF-4 ends soon(not applicable), L-RACE-7 ends`: of the verdicts only those that are no misses. */
function checks(turned: Turned[]): string {
  const byCase = new Map<string, string[]>();
  for (const { id, key, verdict } of turned) {
    const miss = verdict === 'fail' || verdict === 'warn';
    byCase.set(id, [...(byCase.get(id) ?? []), miss ? key : `${key}(${verdict})`]);
  }
  return [...byCase].map(([id, keys]) => `${id} ${keys.join(' ')}`).join(', ');
}
