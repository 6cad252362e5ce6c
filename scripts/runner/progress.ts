import pc from 'picocolors';
import type { CaseRecord } from '../../collections/src/lib/record.ts';

/** Where progress is written; a terminal also sees what is running now. */
export interface Screen {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

/** One line for each case as it ends, and on a terminal a passing line for the one that runs. */
export function createProgress(screen: Screen, color: boolean, total: number) {
  const { bold, dim, green, red, yellow } = pc.createColors(color);
  const columns = screen.columns ?? 80;
  const clear = screen.isTTY ? '\r\u001b[2K' : '';
  let done = 0;
  return {
    started(title: string): void {
      if (screen.isTTY) screen.write(`${clear}${dim(fill(`[${done + 1}/${total}] ${title}`, columns - 1))}`);
    },
    ended(record: CaseRecord, ms: number): void {
      done += 1;
      const paint = record.red
        ? (text: string) => bold(red(text))
        : record.verdict === 'pass'
          ? green
          : yellow;
      const time = `${Math.round(ms)} ms`.padStart(8);
      const verdict = (record.red && record.verdict === 'warn' ? 'warn, red' : record.verdict).padEnd(14);
      const title = fill(record.title, columns - verdict.length - time.length - 2);
      screen.write(`${clear}${paint(verdict)} ${title} ${dim(time)}\n`);
    },
    stop(): void {
      screen.write(clear);
    },
  };
}

function fill(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
