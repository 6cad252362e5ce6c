import pc from 'picocolors';
import type { CaseRecord } from '../../collections/src/lib/record.ts';
import type { JobWatcher } from './run-all.ts';

/** Where progress is written; a terminal also sees what is running now. */
export interface Screen {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * One line for each case as it ends, and on a terminal a passing line for those that run.
 * @param isKnown whether a case that is red in this revision is listed among the known failures
 */
export function createProgress(
  screen: Screen,
  color: boolean,
  total: number,
  isKnown: (id: string, revision: string) => boolean = () => false,
) {
  const { bold, dim, green, red, yellow } = pc.createColors(color);
  const columns = screen.columns || 80;
  const clear = screen.isTTY ? '\r\u001b[2K' : '';
  /** The title of the case that each job is at. */
  const running = new Map<JobWatcher, string>();
  let done = 0;

  function showRunning(): void {
    if (!screen.isTTY) return;
    const titles = [...running.values()];
    // One at a time is told by its title; of several there is only room for their ids.
    const names = titles.length > 1 ? titles.map((title) => title.split(' ')[0]) : titles;
    screen.write(`${clear}${dim(fill(`[${done}/${total}] ${names.join(' ')}`, columns - 1))}`);
  }

  function showCase(record: CaseRecord, revision: string, ms: number): void {
    const known = record.red && record.verdict !== 'error' && isKnown(record.case, revision);
    const isRed = record.red && !known;
    const paint = isRed ? (text: string) => bold(red(text)) : record.verdict === 'pass' ? green : yellow;
    const more = known ? ', known' : isRed && record.verdict === 'warn' ? ', red' : '';
    const verdict = `${record.verdict}${more}`.padEnd(14);
    const rest = `${revision} ${`${Math.round(ms)} ms`.padStart(8)}`;
    const title = fill(record.title, columns - verdict.length - rest.length - 2);
    screen.write(`${clear}${paint(verdict)} ${title} ${dim(rest)}\n`);
  }

  return {
    /** For one job in this revision. */
    watch(revision: string): JobWatcher {
      const job: JobWatcher = {
        started(title) {
          running.set(job, title);
          showRunning();
        },
        ended(record, ms) {
          done += 1;
          running.delete(job);
          showCase(record, revision, ms);
          showRunning();
        },
      };
      return job;
    },
    stop(): void {
      screen.write(clear);
    },
  };
}

function fill(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
