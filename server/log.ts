/** The log of what happens in a session: one line for each call when it is answered, and for each cancel. */

import type { Logger } from 'pino';
import type { Telemetry } from './telemetry.ts';

/** @param log carries the session already */
export function logEvents(telemetry: Telemetry, log: Logger): void {
  // When the answers are out: no call waits for its own line, and writing one takes longer than all the rest of a cancel.
  const write = (line: object, message: string) => void setImmediate(() => log.info(line, message));
  telemetry.on('sessionOpened', (client) => write({ client }, 'session opened'));
  telemetry.on('sessionClosed', (cause) => write({ cause }, 'session closed'));
  telemetry.on('callSettled', ({ id, tool, call: outcome, cause, reason, startedAt }) => {
    const why = cause !== null && { cause, ...(reason !== null && { reason }) };
    write({ id, tool, outcome, ...why, duration_ms: Date.now() - startedAt }, 'call');
  });
  telemetry.on('streamDropped', (unread_bytes) => log.warn({ unread_bytes }, 'stream dropped'));
  telemetry.on('cancelReceived', (cancel) => write(cancel, 'cancel'));
}
