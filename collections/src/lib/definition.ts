import type { Clock } from './clock.ts';
import type { AfterDrop, DropOptions, Dropped } from './drop.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { RequestId } from './jsonrpc.ts';
import type { Provocation, Provoked } from './provoke.ts';
import type { Level } from './record.ts';
import type { Beside, End } from './running.ts';
import type { Call, CallOptions, Session, Witness } from './session.ts';
import type { Pace, Settings } from './settings.ts';
import type { Heard, Whole } from './streams.ts';
import type { CancelledCall, Stop, Taken } from './watch.ts';
import type { CancelledWork, FinishedWork, Inspection } from './work.ts';

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
  /** What the client of the case's own session says it can do. */
  capabilities: object;
}

/** A conformance rule as a value: what happens before the main request, and what is judged after it. */
export interface CaseDefinition<Seen = unknown>
  extends Pick<CaseHeader, 'id' | 'checks'>,
    Partial<Pick<CaseHeader, 'session' | 'capabilities'>> {
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
  /** Opens one more session, of a client with these capabilities. */
  open(lane: string, capabilities?: object): Promise<Session>;
  /** The id that every session's `initialize` was sent with. */
  initializeId: RequestId;
  /** Steps for a call that is cancelled, so many that it cannot end by itself while it is watched. */
  endlessSteps: number;
  /** Resolves with the call's pace in milliseconds per tick, as far as a witness shows it. */
  untilRunning(session: Session, call: Call): Promise<number>;
  /** The same for a call that does not tick: until the witness knows it. */
  untilKnown(session: Session, call: Call): Promise<void>;
  /** Starts a call, cancels it while it runs, and watches its exchange and its handler. */
  cancelInFlight(tool?: 'slow' | 'file', options?: CallOptions & { reason?: string }): Promise<CancelledCall>;
  /** The same for a call that has been started already; `send` sends the cancel. */
  cancelAndWatch(session: Session, call: Call, send?: () => Exchange): Promise<CancelledCall>;
  /** The same for several calls at once: their ids, and what their cancels say beside the id. */
  cancelEach(variants: Array<{ id?: RequestId; params?: object }>): Promise<CancelledCall[]>;
  /** Does something while calls run, one or more, and waits for their natural ends; it may be done several times. */
  beside<Seen>(
    calls: number | CallOptions[],
    action: (calls: Call[], session: Session) => Promise<Seen>,
    session?: Session,
  ): Promise<Beside<Seen>>;
  /**
   * Sends odd messages, each while a call of its own runs, whose id it is given; text is sent as it is.
   * `headers` replace those of the session, by the same keys.
   */
  provoke(
    bodies: Record<string, (id: RequestId) => unknown>,
    headers?: Record<string, Record<string, string | null>>,
  ): Promise<Provocation>;
  /** Starts a call and drops its connection while it runs. */
  drop(session: Session, lane: string, options?: DropOptions): Promise<Dropped>;
  /** Drops two calls that would soon end by themselves, one by FIN and one by RST, and waits until they are over. */
  dropBothWays(): Promise<AfterDrop[]>;
  /** Whether the target answers a call that takes long with a stream. */
  streams(): Promise<boolean>;
  /** Whether a call runs on after its connection was dropped, as far as a witness tells. */
  outlives(session: Session, call: Call): Promise<boolean>;
  /** Waits until the witness says that a call is over. */
  untilOver(session: Session, call: Call): Promise<Witness | undefined>;
  /**
   * Ends a session by DELETE, and the case as not applicable where the target does not let a client do that;
   * then `call`, which runs in that session, is cancelled.
   */
  terminate(session: Session, call?: Call): Promise<void>;
  /** Waits for the answer to a notification. */
  take(exchange: Exchange): Promise<Taken>;
  /** Watches a call's handler by the witness alone, from `sinceMs` on; null where there is no witness. */
  watch(session: Session, call: Call, sinceMs: number): Promise<Stop | null>;
  awaitEnd(call: Call): Promise<End>;
  /** Waits for the natural ends of calls; what is left open is read when the session has been ended for that. */
  readWhole(session: Session, calls: Call[]): Promise<Whole[]>;
  isResult(id: RequestId, reply: Reply | null): boolean;
  isStream(reply: Reply): boolean;
  /** Opens the session's own stream by GET; what it brings can be read when it has ended. */
  listen(session: Session, lane?: string): Exchange;
  /** Ends the session, and reads the streams that were opened by GET, for calls that are to be over by then. */
  hear(session: Session, streams: Exchange[], calls?: Call[]): Promise<Heard[]>;
  /** Goes on from the event that a stream broke off at, and reads the rest. */
  resume(session: Session, lastEventId: string): Promise<Heard>;
  eventIds(reply: Reply | null): string[];
  /**
   * Does something of which the transcript is to hold these lines only, in place of every exchange that took place;
   * all of them where it returns null, as something was wrong.
   */
  briefly(action: () => Promise<string[] | null>): Promise<void>;
  /** A key that no other call uses. */
  freshKey(): string;
  /** Fills the template that a variable of this name holds, of JSON or of text. */
  fill(name: string, template: string, pace: Pace): Record<string, unknown>;
  fillText(template: string, pace: Pace): string;
  asTexts(args: Record<string, unknown>): Record<string, string>;
  /** Ends the case as not observed where there is no hang-up proxy. */
  needProxy(): void;
  /** The key of which the main request reads the witness, so that the evidence stands in every report. */
  showWitness(key: string): void;
  /**
   * Starts a tool by its name, cancels it while its resource works, and watches both. The main request then asks the
   * resource, so that its answer stands in the report.
   * @param ready what the resource has to say before the cancel, besides that it works
   */
  cancelWork(tool: string, args: object, ready?: (seen: Inspection) => boolean): Promise<CancelledWork>;
  /** Starts a tool by its name, and waits for its natural end. The main request then asks its resource. */
  finishWork(tool: string, args: object): Promise<FinishedWork>;
  /** Ends the case: the target offers nothing that the rule could be tried on. */
  notApplicable(why: string): never;
  /** Ends the case: the rule applies, but nothing shows whether it is kept. */
  notObserved(why: string): never;
}

/** What `after` works with. */
export interface Judge {
  settings: Settings;
  /** The reply to the main request. */
  reply: Reply;
  /** What the main request read from the witness; undefined where there is none. */
  witness: Witness | undefined;
  /** What the main request was told by the resource of a call that does real work. */
  inspection: Inspection;
  /** Judges a check of the case: whether the rule was kept, what it expects, and what was seen. */
  check(key: string, ok: boolean, expected: string, observed: string): void;
  /** Judges that a notification was accepted or refused, and not answered like a request. */
  checkTaken(key: string, taken: Taken | undefined): void;
  /** Judges that an odd message was taken like that, and that the call beside it did not notice. */
  checkIgnored(key: string, input: Provoked | undefined): void;
  /** Judges that the session went on. */
  checkAlive(key: string, alive: boolean): void;
  /** Judges that a call ran to its result. */
  checkFinished(key: string, end: End | undefined): void;
  /** Judges that the handler of a cancelled call stopped. */
  checkStopped(key: string, cancelled: CancelledCall | undefined): void;
  /** Judges `ends`, `stops`, `resource`, `soon` and `left`: that real work stopped, by all who can tell. */
  checkCancelled(work: CancelledWork): void;
  /** Judges `result`, `resource` and `left`: that real work which was left alone came to its end. */
  checkDone(work: FinishedWork): void;
  /** The same for a handler that was watched by the witness alone. */
  checkAtRest(key: string, stop: Stop | null): void;
  /** Judges by the evidence that the handler was cancelled once, where several cancels named its call. */
  checkCancelledOnce(key: string): void;
  /** Judges that a call whose connection was dropped ran on to its end. */
  checkRanOn(key: string, drop: AfterDrop | undefined): void;
  /** What came of a cancel, in words that are the same for the same outcome. */
  outcome(cancelled: CancelledCall): string;
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
