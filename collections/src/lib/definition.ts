import type { Clock } from './clock.ts';
import type { Reply } from './exchange.ts';
import type { RequestId } from './jsonrpc.ts';
import type { Level } from './record.ts';
import type { CancelledCall } from './scenarios.ts';
import type { Call, CallOptions, Session, Witness } from './session.ts';
import type { Settings } from './settings.ts';

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

/** What `before` works with. */
export interface Arrange {
  settings: Settings;
  clock: Clock;
  /** The case's own session, open and sane. */
  session: Session;
  /** Opens one more session. */
  open(lane: string): Promise<Session>;
  /** Steps for a call that is awaited to its natural end. */
  awaitedSteps: number;
  /** Steps for a call that is cancelled, so many that it cannot end by itself while it is watched. */
  endlessSteps: number;
  /** Resolves with the call's pace in milliseconds per tick, as far as a witness shows it. */
  untilRunning(session: Session, call: Call): Promise<number>;
  /** Starts a call, cancels it while it runs, and watches its exchange and its handler. */
  cancelInFlight(tool?: 'slow' | 'file', options?: CallOptions & { reason?: string }): Promise<CancelledCall>;
  /** The same for a call that has been started already. */
  cancelAndWatch(session: Session, call: Call, reason?: string): Promise<CancelledCall>;
  awaitEnd(call: Call): Promise<Reply | null>;
  isResult(id: RequestId, reply: Reply | null): boolean;
  describeEnd(id: RequestId, reply: Reply | null): string;
  /** The key of which the main request reads the witness, so that the evidence stands in every report. */
  showWitness(key: string): void;
  /** Ends the case: the target offers nothing that the rule could be tried on. */
  notApplicable(why: string): never;
}

/** What `after` works with. */
export interface Judge {
  settings: Settings;
  /** The reply to the main request. */
  reply: Reply;
  /** What the main request read from the witness; undefined where there is none. */
  witness: Witness | undefined;
  /** Judges a check of the case: whether the rule was kept, what it expects, and what was seen. */
  check(key: string, ok: boolean, expected: string, observed: string): void;
  notObserved(key: string, why: string): void;
  notApplicable(key: string, why: string): void;
  /** Opens the session that the main request, with this id, has itself initialized, so that it is ended with the case. */
  adoptSession(id: RequestId): Promise<Session>;
}

/** Ties the types of what `before` returns and what `after` is given. */
export function defineCase<Seen>(definition: CaseDefinition<Seen>): CaseDefinition {
  return definition as CaseDefinition;
}

/** A page of the specification, by its path and the anchor of a section. */
export function page(path: string, anchor = '', revision: Revision = '2025-11-25'): string {
  return `https://modelcontextprotocol.io/specification/${revision}/${path}${anchor && `#${anchor}`}`;
}
