import { readFileSync } from 'node:fs';
import { clip, oneLine } from '../report/text.ts';

const LINES = 2;
const LONGEST = 300;

/** The end of a log, on one line: what its writer has to say about itself, rather than the stack below that. */
export function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => /\w/.test(line));
  const speaking = lines.filter((line) => /^\S/.test(line) && !line.startsWith('Node.js v'));
  const last = (speaking.length > 0 ? speaking : lines).slice(-LINES).map(oneLine);
  return last.length > 0 ? clip(last.join(' / '), LONGEST) : 'it printed nothing';
}
