import type { ClientRequest, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answer, isOver, passHeadOn } from './client-response.ts';
import { createEventCounter } from './event-counter.ts';
import type { HangUp } from './hang-up.ts';
import { responseHeaders, without } from './headers.ts';

/**
 * Passes the response to a request on until it ends or the connection is to be closed, and tells the client of
 * the latter, and of the time of each event where it asks for it. A response that is no event stream is passed on when it is there as a whole.
 * @param socket the connection to the target
 */
export function relayUntil(
  { afterMs, afterEvents, how, times }: HangUp,
  outgoing: ClientRequest,
  response: ServerResponse,
  socket: Socket,
): void {
  const counter = createEventCounter();
  let sentAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  function close(): void {
    if (isOver(response)) return;
    const ms = sentAt === undefined ? 0 : Math.round(performance.now() - sentAt);
    if (how === 'rst') socket.resetAndDestroy();
    else socket.destroy();
    const mark = `${how}; events=${counter.events}; ms=${ms}`;
    if (!response.headersSent) response.writeHead(204, { 'X-Hang-Up': mark }).end();
    // Without the blank line, an event that was cut stays incomplete, and is delivered to nobody.
    else response.end(`${counter.inLine ? '\n' : ''}: hang-up ${mark}\n${counter.inEvent ? '' : '\n'}`);
  }

  outgoing.once('finish', () => {
    if (isOver(response)) return;
    sentAt = performance.now();
    if (afterEvents === 0) close();
    else if (afterMs !== undefined) timer = setTimeout(close, afterMs);
  });
  response.once('close', () => clearTimeout(timer));
  outgoing.once('response', (incoming) => {
    const sse = /^text\/event-stream/i.test(incoming.headers['content-type'] ?? '');
    const encoding = incoming.headers['content-encoding'] ?? 'identity';
    if (sse && encoding !== 'identity') {
      answer(response, 502, `the target compresses its events (${encoding}), which cannot be counted then`);
      return;
    }
    const headers = responseHeaders(incoming.rawHeaders);
    const body: Buffer[] = [];
    // The comment at the end makes the body longer than announced.
    if (sse) passHeadOn(incoming, response, without(headers, 'content-length'));
    // Not held back where the client reads slowly: what has arrived is passed on even when the time is up.
    incoming.on('data', (chunk: Buffer) => {
      if (isOver(response)) return;
      if (!sse) {
        body.push(chunk);
        return;
      }
      let rest = chunk;
      for (;;) {
        const end = counter.feed(rest, times ? counter.events + 1 : (afterEvents ?? Infinity));
        response.write(end < 0 ? rest : rest.subarray(0, end));
        if (end < 0) return;
        if (times) response.write(`: at ${Date.now()}\n`);
        if (counter.events === afterEvents) return close();
        rest = rest.subarray(end);
      }
    });
    incoming.once('end', () => {
      if (isOver(response)) return;
      if (sse || passHeadOn(incoming, response, headers)) response.end(Buffer.concat(body));
    });
  });
}
