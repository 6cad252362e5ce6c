/** Between Node's HTTP and the SDK's transport, which speaks the Request and Response of the web. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { muteBody, muteStream } from './mute.ts';

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
  res.writeHead(response.status, headers).flushHeaders();
  const events = response.body.pipeThrough(muteStream()) as ReadableStream;
  await pipeline(Readable.fromWeb(events), res).catch(() => {});
}
