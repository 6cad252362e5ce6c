import { setTimeout as delay } from 'node:timers/promises';
import undici from 'undici';

const ATTEMPT_MS = 5000;
const PAUSE_MS = 50;
const NO_ANSWER = 'no response to GET; --wait-for can name another address';

/** What came of a single GET: a status, or the reason why there is none. */
export type Answer = { status: number } | { reason: string };

/** Sends a GET, and looks at nothing but the status: at an MCP endpoint it is often 405, 406 or 400. */
export async function ask(url: string, signal?: AbortSignal): Promise<Answer> {
  const tooLong = AbortSignal.timeout(ATTEMPT_MS);
  try {
    const { statusCode, body } = await undici.request(url, {
      signal: signal ? AbortSignal.any([tooLong, signal]) : tooLong,
    });
    // An event stream would go on for ever.
    body.on('error', () => {}).destroy();
    return { status: statusCode };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { reason: typeof code === 'string' ? code : tooLong.aborted ? NO_ANSWER : message };
  }
}

/** Whether somebody serves there: below 500, as whatever stands in front of a target answers with 502 or 503. */
export function isServed(answer: Answer): boolean {
  return 'status' in answer && answer.status < 500;
}

/** Whether nobody is there at all; one who takes long is there. */
export function isGone(answer: Answer): answer is { reason: string } {
  return 'reason' in answer && answer.reason !== NO_ANSWER;
}

export function describeAnswer(answer: Answer): string {
  return 'status' in answer ? `HTTP ${answer.status}` : answer.reason;
}

/**
 * Asks until somebody serves there.
 * @returns the last answer; it is none that serves where the signal came first
 */
export async function untilServed(url: string, signal: AbortSignal): Promise<Answer> {
  let last: Answer = { reason: NO_ANSWER };
  while (!signal.aborted) {
    const answer = await ask(url, signal);
    if (isServed(answer)) return answer;
    // What the signal cut off says nothing.
    if (!signal.aborted) last = answer;
    await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
  }
  return last;
}
