/** What happens in a session, told as it happens. The log and the metrics hang on it; what tells it knows of neither. */

import { EventEmitter } from 'node:events';
import type { CallId, CallRecord, SessionEnd } from './tools/tool.ts';

/** Why a cancel came to nothing. */
export const IGNORED_REASONS = ['unknown', 'late', 'duplicate', 'malformed', 'other_session'] as const;
export type IgnoredReason = (typeof IGNORED_REASONS)[number];

/** A cancel that a client sent, and what became of it. */
export type ReceivedCancel =
  | { result: 'cancelled'; id: CallId; reason: string | null }
  | { result: 'ignored'; why: 'malformed'; detail: string }
  | {
      result: 'ignored';
      why: Exclude<IgnoredReason, 'malformed'>;
      id: CallId;
      /** What else may have been meant, for whoever reads the log. */
      hint: string | undefined;
      reason: string | null;
    };

/** Each event with what it tells. Listeners run at once, some of them while a client waits: they must be quick, and must not throw. */
export interface TelemetryEvents {
  sessionOpened: [client: string | undefined];
  sessionClosed: [cause: SessionEnd];
  callStarted: [call: Readonly<CallRecord>];
  /** The call is answered: `call.call` says how, `call.cause` who cancelled it. */
  callSettled: [call: Readonly<CallRecord>];
  /** The handler and its cleanups have ended, which can be long after the call was settled. */
  handlerEnded: [call: Readonly<CallRecord>];
  /** The HTTP exchange of a cancelled call has ended, so many milliseconds after the cancel. */
  exchangeEnded: [call: Readonly<CallRecord>, cancelMs: number];
  cancelReceived: [cancel: ReceivedCancel];
  /** A connection was dropped, as its client did not read; so many bytes of the stream waited for it. */
  streamDropped: [unreadBytes: number];
}

/** One for each session. */
export class Telemetry extends EventEmitter<TelemetryEvents> {}
