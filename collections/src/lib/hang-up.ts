import type { OutgoingRequest, Reply } from './exchange.ts';

/** What the hang-up proxy is asked for: when to drop the target's connection, and how; whichever bound comes first. */
export interface HangUp {
  /** Milliseconds after the request was sent on. */
  afterMs?: number;
  /** SSE events that were passed on; 0: before any byte of the response. */
  afterEvents?: number;
  /** By an orderly end, which is the default, or by a reset. */
  how?: 'fin' | 'rst';
  /** To tell when each event arrived, which Postman does not. */
  times?: boolean;
}

const TIMES = 'X-Hang-Up-Times';

export function hangUpHeaders({ afterMs, afterEvents, how, times }: HangUp): OutgoingRequest['headers'] {
  return [
    ...(afterMs === undefined ? [] : [{ key: 'X-Hang-Up-After-Ms', value: String(afterMs) }]),
    ...(afterEvents === undefined ? [] : [{ key: 'X-Hang-Up-After-Events', value: String(afterEvents) }]),
    ...(how === undefined ? [] : [{ key: 'X-Hang-Up-How', value: how }]),
    ...(times ? [{ key: TIMES, value: 'yes' }] : []),
  ];
}

/** Whether a request asks the proxy for the times of its events. */
export function asksForTimes({ headers }: OutgoingRequest): boolean {
  return headers.some(({ key }) => key === TIMES);
}

/** Whether the proxy hung up before the target had ended the response. */
export function wasHungUp(reply: Reply | null): boolean {
  return reply !== null && reply.hungUp !== null;
}

/** Whether the proxy hung up before anything of the response had arrived, as happens where the answer is JSON. */
export function hadNothing(reply: Reply | null): boolean {
  return reply !== null && reply.hungUp !== null && reply.events.length === 0 && reply.contentType === '';
}
