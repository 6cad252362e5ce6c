/** One HTTP exchange as the layer of a broken server sees it: what asks, what answers, and how to tell them apart. */

import type { IncomingHttpHeaders } from 'node:http';
import type { App } from '../app.ts';
import { REQUEST_CANCELLED } from '../calls.ts';
import type { CallId } from '../tools/tool.ts';
import type { SseEvent } from './sse.ts';

// biome-ignore lint/suspicious/noExplicitAny: what two others say to each other; a layer looks at it field by field.
export type Json = any;

/** A request, as it came. */
export interface Incoming {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body that is passed on. */
  readonly text: string;
  /** The same, parsed; undefined if it is no JSON. */
  readonly body: Json;
  readonly sessionId: string | undefined;
  /** Aborted when the client has hung up before it had everything. */
  readonly gone: AbortSignal;
}

interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A response with a body that is sent at once. */
export interface Whole extends Head {
  readonly body: string;
}

/** A response that is a stream of events, each sent as soon as it is there. */
export interface Stream extends Head {
  readonly events: AsyncIterable<SseEvent>;
}

export type Outgoing = Whole | Stream;

/**
 * Answers a request.
 *
 * @throws Cut to cut the connection
 */
export type Handle = (incoming: Incoming) => Promise<Outgoing>;

/** Stands before a server. Made once for each server, so what it remembers is that server's. */
export type Layer = (next: Handle, core: App) => Handle;

/** Cuts the connection: thrown by a handle, before anything was sent; by the events of a stream, after what was. */
export class Cut extends Error {}

/** The messages of a POST; a batch has several. */
export function messagesOf({ body }: Incoming): Json[] {
  return [body].flat().filter((message) => typeof message === 'object' && message !== null);
}

/** Whether it is a POST of this method, be it in a batch. */
export function asks(incoming: Incoming, method: string): boolean {
  return messagesOf(incoming).some((message) => message.method === method);
}

export function isCancel(incoming: Incoming): boolean {
  return asks(incoming, 'notifications/cancelled');
}

/** The id that a cancel names, whatever it is; undefined if it is no cancel. */
export function namedBy(incoming: Incoming): CallId | undefined {
  return messagesOf(incoming).find(({ method }) => method === 'notifications/cancelled')?.params?.requestId;
}

/** What an id is known by in all sessions: one means something only within its own. */
export function keyIn({ sessionId }: Incoming, id: unknown): string {
  return JSON.stringify([sessionId, id]);
}

/** Whether it calls a tool: this one, or any. */
export function isCall(incoming: Incoming, tool?: string): boolean {
  return messagesOf(incoming).some(
    ({ method, params }) => method === 'tools/call' && (tool === undefined || params?.name === tool),
  );
}

/** Whether it opens the session's own stream. */
export function isListening({ method, headers }: Incoming): boolean {
  return method === 'GET' && headers['last-event-id'] === undefined;
}

/** Whether it comes back to a stream that broke off. */
export function isResuming({ method, headers }: Incoming): boolean {
  return method === 'GET' && headers['last-event-id'] !== undefined;
}

/** Whether a message is a response: to this id, or to any. */
export function isAnswer(message: Json, id?: CallId): boolean {
  return message.method === undefined && (id === undefined || message.id === id);
}

/** Whether a message is what the core answers a cancelled call with. */
export function tellsCancel(message: Json): boolean {
  return message.error?.code === REQUEST_CANCELLED;
}

/** The same request with another body. */
export function withBody(incoming: Incoming, body: Json): Incoming {
  return { ...incoming, body, text: JSON.stringify(body) };
}

/** The same request with other headers; undefined takes one away. */
export function withHeaders(incoming: Incoming, changes: IncomingHttpHeaders): Incoming {
  const headers = { ...incoming.headers, ...changes };
  return { ...incoming, headers, sessionId: headers['mcp-session-id'] as string | undefined };
}

/** A response without a stream; what is not text becomes JSON. */
export function respond(status: number, body: Json = ''): Whole {
  if (typeof body === 'string') return { status, headers: {}, body };
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** The JSON-RPC error that answers a request. */
export function refuse(incoming: Incoming, code: number, message: string, status = 200): Whole {
  const id = messagesOf(incoming)[0]?.id ?? null;
  return respond(status, { jsonrpc: '2.0', id, error: { code, message } });
}

/** The same message with another id in its `params.requestId`, if it is a cancel. */
export function naming(incoming: Incoming, requestId: Json): Incoming {
  const { body } = incoming;
  return withBody(incoming, { ...body, params: { ...body.params, requestId } });
}

/** Resolves when the client has hung up: for what is never to end by itself. */
export function untilGone({ gone }: Incoming): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) resolve();
    gone.addEventListener('abort', () => resolve(), { once: true });
  });
}
