import type { IncomingHttpHeaders } from 'node:http';

/** When and how the connection to the target is to be closed, if at all. What comes first counts. */
export interface HangUp {
  /** Milliseconds after the request was sent on. */
  afterMs: number | undefined;
  /** Number of SSE events; 0 is as soon as the request was sent on completely. */
  afterEvents: number | undefined;
  /** `fin` ends the connection in an orderly way, `rst` resets it. */
  how: 'fin' | 'rst';
  /** Whether the client is told when each SSE event arrived. */
  times: boolean;
}

const AFTER_MS = 'X-Hang-Up-After-Ms';
const AFTER_EVENTS = 'X-Hang-Up-After-Events';
const HOW = 'X-Hang-Up-How';
const TIMES = 'X-Hang-Up-Times';
const NAMES = [AFTER_MS, AFTER_EVENTS, HOW, TIMES];

/** A request header that cannot be followed, told in one line. */
export class BadHeader extends Error {}

/**
 * Reads what a request asks the proxy to do.
 * @returns undefined where the exchange is to be left alone
 * @throws BadHeader for a value that is not allowed, and for a misspelt name, which would look like a hang-up
 *   that has no effect
 */
export function readHangUp(headers: IncomingHttpHeaders): HangUp | undefined {
  for (const name of Object.keys(headers))
    if (isOurs(name) && !NAMES.some((known) => known.toLowerCase() === name))
      throw new BadHeader(`there is no header ${name}; there are: ${NAMES.join(', ')}`);
  const afterMs = readCount(headers, AFTER_MS);
  const afterEvents = readCount(headers, AFTER_EVENTS);
  const how = headers[HOW.toLowerCase()] ?? 'fin';
  if (how !== 'fin' && how !== 'rst') throw new BadHeader(`${HOW} is "${how}": it must be fin or rst`);
  const times = headers[TIMES.toLowerCase()];
  if (times !== undefined && times !== 'yes') throw new BadHeader(`${TIMES} is "${times}": it must be yes`);
  const told = afterMs !== undefined || afterEvents !== undefined;
  if (!told && HOW.toLowerCase() in headers)
    throw new BadHeader(`${HOW} says how, and nothing says when: add ${AFTER_MS} or ${AFTER_EVENTS}`);
  return told || times ? { afterMs, afterEvents, how, times: times === 'yes' } : undefined;
}

/** Whether a header is meant for the proxy, and must not reach the target. */
export function isOurs(name: string): boolean {
  return name.toLowerCase().startsWith('x-hang-up');
}

function readCount(headers: IncomingHttpHeaders, name: string): number | undefined {
  const value = headers[name.toLowerCase()];
  if (value === undefined) return undefined;
  // Nine digits are what a timer can still wait for.
  if (/^\d{1,9}$/.test(String(value))) return Number(value);
  throw new BadHeader(`${name} is "${value}": it must be a whole number from 0 to 999999999`);
}
