/** One HTTP exchange as a broken server's layer sees it, and the little tools that such layers are made of. */

import type { IncomingHttpHeaders } from 'node:http';
import type { App } from '../app.ts';
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

/** One layer out of several, the outermost first. */
export function layers(...all: Layer[]): Layer {
  return (next, core) => all.reduceRight((handle, layer) => layer(handle, core), next);
}

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

/** Whether it calls a tool: this one, or any. */
export function isCall(incoming: Incoming, tool?: string): boolean {
  return messagesOf(incoming).some(
    ({ method, params }) => method === 'tools/call' && (tool === undefined || params?.name === tool),
  );
}

/** Whether a message is a response: to this id, or to any. */
export function isAnswer(message: Json, id?: CallId): boolean {
  return message.method === undefined && (id === undefined || message.id === id);
}

/** The same request with another body. */
export function withBody(incoming: Incoming, body: Json): Incoming {
  return { ...incoming, body, text: JSON.stringify(body) };
}

/** The same request with other headers; undefined takes one away. */
export function withHeaders(incoming: Incoming, headers: IncomingHttpHeaders): Incoming {
  return { ...incoming, headers: { ...incoming.headers, ...headers } };
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

/** The same response with its events tampered with; one that is no stream stays as it is. */
export function mapEvents(
  outgoing: Outgoing,
  change: (events: AsyncIterable<SseEvent>) => AsyncIterable<SseEvent>,
): Outgoing {
  return 'events' in outgoing ? { ...outgoing, events: change(outgoing.events) } : outgoing;
}

/**
 * The same response with its messages tampered with, be it a stream or JSON.
 *
 * @param change gives the message, another one, several, or undefined for none
 */
export function mapMessages(
  outgoing: Outgoing,
  change: (message: Json) => Json | Promise<Json>,
): Outgoing | Promise<Outgoing> {
  if ('events' in outgoing)
    return mapEvents(outgoing, async function* (events) {
      for await (const event of events) {
        if (event.data) for (const data of await several(change, event.data)) yield { ...event, data };
        else yield event;
      }
    });
  return mapBody(outgoing, change);
}

async function mapBody(whole: Whole, change: (message: Json) => Json): Promise<Outgoing> {
  if (whole.body === '') return whole;
  const batch = whole.body.startsWith('[');
  const messages = [JSON.parse(whole.body)].flat().map((message) => JSON.stringify(message));
  const changed = (await Promise.all(messages.map((text) => several(change, text)))).flat();
  return { ...whole, body: batch || changed.length > 1 ? `[${changed}]` : (changed[0] ?? '') };
}

async function several(change: (message: Json) => Json, text: string): Promise<string[]> {
  const changed = await change(JSON.parse(text));
  return (changed === undefined ? [] : [changed].flat()).map((message) => JSON.stringify(message));
}

/** Resolves when the client has hung up: for what is never to end by itself. */
export function untilGone({ gone }: Incoming): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) resolve();
    gone.addEventListener('abort', () => resolve(), { once: true });
  });
}
