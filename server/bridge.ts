/** Between Node's HTTP and the SDK's transport, which speaks the Request and Response of the web. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { isMutedEvent, muteBody } from './mute.ts';

/** Method and headers of a request; its body is parsed already. */
export function toWebRequest({ method = 'GET', headers }: IncomingMessage): Request {
  const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
  return new Request('http://localhost/mcp', { method, headers: pairs });
}

export function isStream(response: Response): boolean {
  return response.headers.get('content-type') === 'text/event-stream';
}

/**
 * Sends a response. A client that hangs up ends the stream for the SDK, too.
 *
 * @returns when it was sent, or when the client has gone
 */
export async function deliver(response: Response, res: ServerResponse): Promise<void> {
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
  const reader = response.body.getReader();
  onceGone(res, () => void reader.cancel().catch(() => {}));
  for (let next = await reader.read(); !next.done; next = await reader.read())
    if (!isMutedEvent(next.value)) res.write(next.value);
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
