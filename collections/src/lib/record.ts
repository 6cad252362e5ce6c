/** What the suite concludes, as data: levels, verdicts, and the record a case hands to the runner. */

/** How binding a rule is. DERIVED: written nowhere, follows from other rules. AMBIG: the texts conflict. */
export type Level = 'MUST' | 'SHOULD' | 'MAY' | 'DERIVED' | 'AMBIG';

export type Verdict = 'pass' | 'fail' | 'warn' | 'note' | 'not observed' | 'not applicable' | 'error';

/** How it was learnt that a handler stopped. */
export type Evidence = 'witness' | 'inferred' | 'none';

/** Which verdicts turn a run red; `effect` is the default. */
export type Strict = 'must' | 'effect' | 'should';

/** One named assertion of a case, judged. */
export interface CheckRecord {
  level: Level;
  /** Static; begins with the level's word. */
  title: string;
  /** The page the rule follows from. */
  spec: string;
  verdict: Verdict;
  expected: string;
  observed: string;
}

/** The only thing that travels from the sandbox to the runner: one for each case. */
export interface CaseRecord {
  case: string;
  /** When it began, in milliseconds since 1970: the zero of all its times. */
  began: number;
  /** The item that ran, as it is named in the collection. */
  title: string;
  verdict: Verdict;
  red: boolean;
  /** How the cancelled call's HTTP exchange ended; null where the case cancels nothing. */
  fate: string | null;
  evidence: Evidence;
  /** Milliseconds from sending the cancel to the end of the call's exchange; null where it was not measured. */
  cancelMs: number | null;
  /** Milliseconds in which the case had to wait by its nature: quiet windows, calls awaited to their natural end. */
  waitMs: number;
  /** One line for each request and each SSE frame, with milliseconds since the case began. */
  transcript: string;
  checks: CheckRecord[];
}
