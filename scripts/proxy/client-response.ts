import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Headers } from './headers.ts';

/** Answers for the proxy itself, so that nobody takes it for the target. */
export function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`hang-up proxy: ${text}\n`);
}

/**
 * Sends the head of the target's response at once, with headers that were made fit for the client.
 * @returns whether it could be sent; where not, the client's connection was dropped
 */
export function passHeadOn(incoming: IncomingMessage, response: ServerResponse, headers: Headers): boolean {
  response.sendDate = false;
  try {
    response.writeHead(incoming.statusCode ?? 0, incoming.statusMessage, headers);
    // Not flushHeaders: that sends them as UTF-8, which they were not read as.
    response.write('', 'latin1');
    return true;
  } catch {
    // Node reads heads that it refuses to write, such as a status of 000.
    response.destroy();
    return false;
  }
}

/** Whether nothing more can be sent to the client. */
export function isOver(response: ServerResponse): boolean {
  return response.writableEnded || response.destroyed;
}

/** An address as it can be shown: without what may be a secret. */
export function shown({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search && '?…'}`;
}
