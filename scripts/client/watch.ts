import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { isJSONRPCRequest, type JSONRPCMessage, type RequestId } from '@modelcontextprotocol/sdk/types.js';
import { createParser } from 'eventsource-parser';
import { type Agent, fetch } from 'undici';

/** What can be seen of the HTTP exchanges of an SDK transport, and the SDK does not tell. */
export interface Watcher {
  /** The head of the response to a message is there. */
  head(message: JSONRPCMessage, response: Response): void;
  /** The response to a request has come to its own end, and held no answer to it. */
  unanswered(id: RequestId, status: number): void;
  /** The connection broke while the response to a request was read. */
  broken(id: RequestId, why: string): void;
}

/**
 * A `fetch` for the SDK's transport that shows how the exchange of each request ends. The SDK waits on where a server
 * ends a stream without an answer, as it SHOULD after a cancel:
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#behavior-requirements
 * @param agent holds the connections
 */
export function watchedFetch(agent: Agent, watcher: Watcher): FetchLike {
  // The classes of undici are those of Node's own `fetch`, but not for TypeScript.
  const send = fetch as unknown as (url: string | URL, init: object) => Promise<Response>;
  return async (url, init = {}) => {
    const message = typeof init.body === 'string' ? (JSON.parse(init.body) as JSONRPCMessage) : undefined;
    const response = await send(url, { ...init, dispatcher: agent });
    if (message === undefined) return response;
    watcher.head(message, response);
    if (!isJSONRPCRequest(message)) return response;
    const { status, statusText, headers, body } = response;
    if (status === 202) watcher.unanswered(message.id, status);
    if (!body || !isStream(response)) return response;
    return new Response(watched(body, message.id, status, watcher), { status, statusText, headers });
  };
}

export function isStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** The same stream; whatever is read from it has been looked at. */
function watched(body: ReadableStream<Uint8Array>, id: RequestId, status: number, watcher: Watcher) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let answered = false;
  const parser = createParser({
    onEvent({ data }) {
      answered ||= isAnswer(data, id);
    },
  });
  return new ReadableStream<Uint8Array>({
    async pull(out) {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          parser.feed(decoder.decode(value, { stream: true }));
          return out.enqueue(value);
        }
        if (!answered) watcher.unanswered(id, status);
        out.close();
      } catch (error) {
        watcher.broken(id, (error as Error).message);
        out.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function isAnswer(data: string, id: RequestId): boolean {
  try {
    const message = JSON.parse(data);
    return message?.id === id && ('result' in message || 'error' in message);
  } catch {
    // Not for us to judge: the SDK reads it as well.
    return false;
  }
}
