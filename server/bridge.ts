/** Between Node's HTTP and the SDK's transport, which speaks the Request and Response of the web. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { isMutedChunk, muteBody } from './mute.ts';

/** How many bytes of a stream may wait for a client that has read nothing for UNREAD_MS. */
const MAX_UNREAD_BYTES = 131_072;
/** In milliseconds; Node needs up to twice as long to be sure. */
const UNREAD_MS = 2000;
/** How many bytes may wait for any client when more is to come. */
const MAX_UNREAD_BYTES_AT_ONCE = 16_777_216;

/** Method and headers of a request; its body is parsed already. */
export function toWebRequest({ method = 'GET', headers }: IncomingMessage): Request {
  const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
  return new Request('http://localhost/mcp', { method, headers: pairs });
}

/** Whether the transport would find nothing to refuse in the headers of a POST. */
export function isPlainPost({ headers: { accept = '', 'content-type': type } }: IncomingMessage): boolean {
  return (
    type === 'application/json' && accept.includes('application/json') && accept.includes('text/event-stream')
  );
}

export function isStream(response: Response): boolean {
  return response.headers.get('content-type') === 'text/event-stream';
}

/**
 * Sends a response. A client that hangs up ends the stream for the SDK, too; so does one that does not read.
 *
 * @param onDropped told of a client that did not read, and how many bytes waited for it
 * @returns when it was sent, or when the client has gone
 */
export async function deliver(
  response: Response,
  res: ServerResponse,
  onDropped: (unreadBytes: number) => void,
): Promise<void> {
  const headers = Object.fromEntries(response.headers);
  if (!response.body || !isStream(response)) {
    const body = muteBody(await response.text());
    // Everything in it was muted: accepted, and there is nothing to say.
    if (!body && response.status === 200 && response.body) {
      res.writeHead(202).end();
    } else {
      res.writeHead(response.status, headers).end(body);
    }
    return;
  }
  // Head and first events leave together.
  res.cork();
  res.writeHead(response.status, headers).flushHeaders();
  setImmediate(() => res.uncork());
  const events = response.body.getReader();
  onceGone(res, () => void events.cancel());
  // The SDK writes to its streams whether they are read or not: what a client does not read would wait in memory.
  const drop = () => {
    onDropped(res.writableLength);
    res.req.socket.destroy();
  };
  // Which fires when nothing was written and nothing of what waits was taken; writableLength does not tell that.
  res.setTimeout(UNREAD_MS, () => {
    if (res.writableLength > MAX_UNREAD_BYTES) drop();
    else if (res.writableLength > 0) res.setTimeout(UNREAD_MS);
  });
  for (let next = await events.read(); !next.done; next = await events.read()) {
    if (isMutedChunk(next.value)) continue;
    if (res.writableLength > MAX_UNREAD_BYTES_AT_ONCE) {
      drop();
      break;
    }
    res.write(next.value);
  }
  res.end();
}

/** When a response is through, or its client has gone: of that, a response that waits behind another one is not told. */
export function onceGone(res: ServerResponse, then: () => void): void {
  const { socket } = res.req;
  let told = false;
  const once = () => {
    res.off('close', once);
    socket.off('close', once);
    // A socket tells its response in the middle of telling everybody, so both may still call.
    if (!told) then();
    told = true;
  };
  res.on('close', once);
  socket.on('close', once);
}
