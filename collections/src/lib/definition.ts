import type { Arrange, Judge } from './case.ts';
import type { Level } from './record.ts';

export type Revision = '2025-03-26' | '2025-06-18' | '2025-11-25';

/** One named assertion of a case, before it is judged. */
export interface CheckDefinition {
  /** One level, or one for each revision in which the check applies. */
  level: Level | Partial<Record<Revision, Level>>;
  /** Static; follows the level's word, as in "SHOULD" + "stop the handler". */
  text: string;
  /** The page the rule follows from. */
  spec: string;
}

/**
 * The part of a case that its scripts carry with them.
 * `session` says how far the handshake has gone when `before` begins.
 */
export interface CaseHeader {
  id: string;
  checks: Record<string, CheckDefinition>;
  session: 'ready' | 'initialize only' | 'none';
}

/** A conformance rule as a value: what happens before the main request, and what is judged after it. */
export interface CaseDefinition<Seen = unknown> extends Omit<CaseHeader, 'session'> {
  session?: CaseHeader['session'];
  name: string;
  /** Markdown: what happens, why, and what would be wrong. The checks and their rules are added by the build. */
  description: string;
  /** The body of the main request, where it is not the witness. Variables are written `{{name}}`. */
  body?: object;
  /** Runs in the pre-request script; stands there as written here, so it can use nothing but `t`. */
  before: (t: Arrange) => Promise<Seen>;
  /** Runs in the test script; stands there as written here, so it can use nothing but `t` and `seen`. */
  after: (t: Judge, seen: Seen) => void | Promise<void>;
}

/** Ties the types of what `before` returns and what `after` is given. */
export function defineCase<Seen>(definition: CaseDefinition<Seen>): CaseDefinition {
  return definition as CaseDefinition;
}

/** A page of the specification, by its path and the anchor of a section. */
export function page(path: string, anchor = '', revision: Revision = '2025-11-25'): string {
  return `https://modelcontextprotocol.io/specification/${revision}/${path}${anchor && `#${anchor}`}`;
}
