import type { CaseRecord, CheckRecord, Evidence } from './record.ts';
import type { Pm } from './sandbox.ts';
import type { Settings } from './settings.ts';
import { explain, isRed, worst } from './verdict.ts';
import { showInPostman } from './visualizer.ts';

/** The variable that the runner reads: one `CaseRecord` as JSON. */
export const RECORD = 'mcp.record';

/** A case whose checks have all been judged. */
export interface JudgedCase {
  id: string;
  began: number;
  title: string;
  transcript: string[];
  /** Null where the case cancels nothing. */
  cancelled: { fate: string; evidence: Evidence; cancelMs: number | null } | null;
  /** Milliseconds of waits that nothing can shorten. */
  waitedMs: number;
  checks: CheckRecord[];
  strict: Settings['strict'];
  trace: Settings['trace'];
}

/** Tells what a case concluded, the same to everybody: to the runner, in Postman's Visualize tab, and as Postman's own tests. */
export function reportCase(pm: Pm, judged: JudgedCase): void {
  const { id, began, title, cancelled, checks, strict, trace } = judged;
  const record: CaseRecord = {
    case: id,
    began,
    title,
    verdict: worst(checks.map((check) => check.verdict)),
    red: checks.some((check) => isRed(id, check.verdict, strict)),
    fate: cancelled ? cancelled.fate : null,
    evidence: cancelled ? cancelled.evidence : 'none',
    cancelMs: cancelled ? cancelled.cancelMs : null,
    waitMs: judged.waitedMs,
    // A stream is told when it has ended, and some of its frames with the times at which they came.
    transcript: [...judged.transcript].sort((a, b) => parseInt(a, 10) - parseInt(b, 10)).join('\n'),
    checks,
  };
  pm.variables.set(RECORD, JSON.stringify(record));
  showInPostman(pm, record);
  if (trace === 'all' || (trace === 'red' && record.red)) console.log(`${title}\n${record.transcript}`);
  for (const check of checks) assertInPostman(pm, id, check, strict);
}

/** Postman knows passed, failed and skipped only: what is neither kept nor red is skipped, and its name ends with what was seen. */
function assertInPostman(pm: Pm, id: string, check: CheckRecord, strict: Settings['strict']): void {
  const red = isRed(id, check.verdict, strict);
  if (red || check.verdict === 'pass')
    pm.test(check.title, () => {
      if (red) throw new Error(explain(id, check));
    });
  else pm.test.skip(`${check.title} | ${check.verdict}: ${check.observed}`, () => {});
}
