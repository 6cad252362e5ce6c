import type { CheckDefinition, Revision } from './definition.ts';
import type { CheckRecord, Level, Verdict } from './record.ts';
import { judge } from './verdict.ts';

/** The verdicts of a case's checks as they come in, in the negotiated revision. */
export interface CheckVerdicts {
  /** By the level of the check: whether the rule was kept. */
  decide(key: string, ok: boolean, expected: string, observed: string): void;
  settle(key: string, verdict: Verdict, expected: string, observed: string): void;
  of(key: string): CheckRecord | undefined;
  /** In the order in which the case declares them; `error` for one of which nothing was said. */
  all(): CheckRecord[];
}

/** @param revision empty where none was negotiated */
export function createVerdicts(checks: Record<string, CheckDefinition>, revision: string): CheckVerdicts {
  const judged: Record<string, CheckRecord> = {};
  const settle: CheckVerdicts['settle'] = (key, verdict, expected, observed) => {
    const check = checks[key];
    if (!check) throw new Error(`the case declares no check ${key}`);
    const level = levelIn(revision, check.level);
    judged[key] = {
      level: level || 'DERIVED',
      title: `${level || 'DERIVED'} ${check.text}`,
      spec: inRevision(check.spec, revision),
      verdict: level ? verdict : 'not applicable',
      expected,
      observed: level ? observed : notIn(revision),
    };
  };
  return {
    settle,
    decide: (key, ok, expected, observed) =>
      settle(
        key,
        judge(levelIn(revision, checks[key]?.level || 'DERIVED') || 'DERIVED', ok),
        expected,
        observed,
      ),
    of: (key) => judged[key],
    all: () => {
      for (const key of Object.keys(checks))
        if (!judged[key]) settle(key, 'error', 'a verdict', 'the case said nothing about this check');
      return Object.keys(checks).map((key) => judged[key] as CheckRecord);
    },
  };
}

export function levelIn(revision: string, level: CheckDefinition['level']): Level | undefined {
  return typeof level === 'string' ? level : level[revision as Revision];
}

export function notIn(revision: string): string {
  return `the rule is not in revision ${revision}`;
}

/** The same page of the specification in the revision that was negotiated. */
function inRevision(spec: string, revision: string): string {
  return revision ? spec.replace(/\/specification\/[\d-]+\//, `/specification/${revision}/`) : spec;
}
