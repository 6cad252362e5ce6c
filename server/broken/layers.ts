/** What the layers of broken servers are made of. */

import { setTimeout } from 'node:timers/promises';
import type { App } from '../app.ts';
import type { CancelResult } from '../calls.ts';
import type { Session } from '../sessions.ts';
import type { CallRecord } from '../tools/tool.ts';
import {
  type Handle,
  type Incoming,
  isCall,
  type Json,
  type Layer,
  namedBy,
  type Outgoing,
  tellsCancel,
  type Whole,
} from './exchange.ts';
import type { SseEvent } from './sse.ts';

type When = (incoming: Incoming, core: App) => boolean;

/** Changes what answers certain requests. */
export function after(
  when: When,
  change: (outgoing: Outgoing, incoming: Incoming, core: App) => Outgoing | Promise<Outgoing>,
): Layer {
  return (next, core) => async (incoming) => {
    // Asked before it is passed on: afterwards, what it concerns may be over.
    const wanted = when(incoming, core);
    const outgoing = await next(incoming);
    return wanted ? change(outgoing, incoming, core) : outgoing;
  };
}

/** Handles certain requests otherwise; they may still be passed on, changed or not. */
export function instead(
  when: When,
  handle: (incoming: Incoming, next: Handle, core: App) => Outgoing | Promise<Outgoing>,
): Layer {
  return (next, core) => async (incoming) =>
    when(incoming, core) ? handle(incoming, next, core) : next(incoming);
}

/** Changes the messages that answer certain requests; `change` as in `mapMessages`. */
export function mapping(when: When, change: (message: Json, incoming: Incoming) => Json): Layer {
  return after(when, (outgoing, incoming) => mapMessages(outgoing, (message) => change(message, incoming)));
}

/** Changes the events that answer certain requests; undefined leaves one out. */
export function mappingEvents(when: When, change: (event: SseEvent) => SseEvent | undefined): Layer {
  return after(when, (outgoing) =>
    mapEvents(outgoing, async function* (events) {
      for await (const event of events) {
        const changed = change(event);
        if (changed) yield changed;
      }
    }),
  );
}

/** Changes what a cancelled call is answered with: of this tool, or of any. */
export function insteadOfError(change: (message: Json, incoming: Incoming) => Json, tool?: string): Layer {
  return mapping(
    (incoming) => isCall(incoming, tool),
    (message, incoming) => (tellsCancel(message) ? change(message, incoming) : message),
  );
}

/** One layer out of several, the outermost first. */
export function layers(...all: Layer[]): Layer {
  return (next, core) => all.reduceRight((handle, layer) => layer(handle, core), next);
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

/** The session of a request, as the core knows it. */
export function sessionOf({ sessionId = '' }: Incoming, core: App): Session | undefined {
  return core.sessions.find(sessionId);
}

/** The call in flight that a cancel names; undefined if there is none, or if it is no cancel. */
export function runningCall(incoming: Incoming, core: App): Readonly<CallRecord> | undefined {
  const id = namedBy(incoming);
  return sessionOf(incoming, core)?.calls.records.find((record) => record.id === id);
}

/** Whether it cancels a call in flight. */
export function namesRunning(incoming: Incoming, core: App): boolean {
  return runningCall(incoming, core) !== undefined;
}

/** Resolves when the session has ended, or the client has hung up: for what is never to end by itself. */
export async function untilSessionEnds(incoming: Incoming, core: App): Promise<void> {
  while (sessionOf(incoming, core) && !incoming.gone.aborted) await setTimeout(20);
}

/** What becomes of a cancel, which is carried out with the question; undefined if it is no cancel. */
export function becomes(incoming: Incoming, core: App): CancelResult | undefined {
  const id = namedBy(incoming);
  return id === undefined ? undefined : sessionOf(incoming, core)?.calls.cancel(id, null);
}

/** Ends the session of certain requests, when they have been answered. */
export function endingSession(when: When): Layer {
  return after(when, async (outgoing, incoming, core) => {
    await sessionOf(incoming, core)?.server.close();
    return outgoing;
  });
}
