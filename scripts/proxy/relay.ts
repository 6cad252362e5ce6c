import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { answer, isOver, passHeadOn, shown } from './client-response.ts';
import { connect } from './connect.ts';
import type { HangUp } from './hang-up.ts';
import { requestHeaders, responseHeaders, without } from './headers.ts';
import { relayUntil } from './relay-until.ts';

/**
 * Sends a request on to the target and its response back, over a connection that serves nothing else, and closes
 * that connection when it is told to or when the client has gone.
 * @param hangUp undefined to leave the exchange alone
 * @returns the connection to the target
 */
export function relay(
  request: IncomingMessage,
  response: ServerResponse,
  target: URL,
  hangUp: HangUp | undefined,
): Socket {
  const { stream, socket } = connect(target);
  const headers = requestHeaders(request.rawHeaders);
  const outgoing = (target.protocol === 'https:' ? https : http).request(target, {
    method: request.method,
    // Events cannot be counted in what is compressed.
    headers: hangUp ? { ...without(headers, 'accept-encoding'), 'Accept-Encoding': 'identity' } : headers,
    createConnection: () => stream,
  });
  response.once('close', () => socket.destroy());
  // A client that has gone cannot be told anything.
  response.on('error', () => {});

  const fail = (error: NodeJS.ErrnoException) => {
    if (isOver(response)) return;
    // What has begun can only be broken off, as the target did.
    if (response.headersSent) response.destroy();
    else answer(response, 502, `${shown(target)} gave no response (${error.code ?? error.message})`);
  };
  let arrived = false;
  outgoing.once('response', (incoming) => {
    arrived = true;
    incoming.on('error', fail);
    if (!hangUp) passOn(incoming, response);
  });
  // A target may answer and close before it has read all: its response counts for more than the error.
  outgoing.on('error', (error) => arrived || fail(error));
  if (hangUp) relayUntil(hangUp, outgoing, response, socket);
  request.pipe(outgoing);
  // The rest of a request that nobody reads would stand before the next one on the client's connection.
  outgoing.once('close', () => request.resume());
  return socket;
}

function passOn(incoming: IncomingMessage, response: ServerResponse): void {
  if (passHeadOn(incoming, response, responseHeaders(incoming.rawHeaders))) incoming.pipe(response);
}
