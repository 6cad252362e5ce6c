import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { clip, oneLine } from '../report/text.ts';

const LINES = 2;
const LONGEST = 300;
/** So much of a log is read: some servers print gigabytes. */
const READ_BYTES = 64 * 1024;

/** The end of a log, on one line: what its writer has to say about itself, rather than the stack below that. */
export function lastWords(logFile: string): string {
  const lines = endOf(logFile)
    .split('\n')
    .filter((line) => /\w/.test(line));
  const speaking = lines.filter((line) => /^\S/.test(line) && !line.startsWith('Node.js v'));
  const last = (speaking.length > 0 ? speaking : lines).slice(-LINES).map(oneLine);
  return last.length > 0 ? clip(last.join(' / '), LONGEST) : 'it printed nothing';
}

/** Nothing where the log is gone: what was started may have removed it. */
function endOf(file: string): string {
  try {
    const { size } = statSync(file);
    const buffer = Buffer.alloc(Math.min(size, READ_BYTES));
    const log = openSync(file, 'r');
    readSync(log, buffer, 0, buffer.length, size - buffer.length);
    closeSync(log);
    return buffer.toString();
  } catch {
    return '';
  }
}
