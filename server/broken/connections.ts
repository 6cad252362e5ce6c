/** What a layer can remember of the connections that calls came on, and of what was sent on them. */

import { type Incoming, isCall, type Layer, namedBy } from './exchange.ts';
import { after, mapEvents } from './layers.ts';
import type { SseEvent } from './sse.ts';

/** The calls whose connection is still there. */
export class Connected {
  readonly #open = new Set<string>();

  /** Has to be one of the layers, to know of the calls. */
  readonly layer: Layer = (next) => async (incoming) => {
    if (!isCall(incoming)) return next(incoming);
    const call = nameOf(incoming, incoming.body.id);
    const closed = () => void this.#open.delete(call);
    this.#open.add(call);
    incoming.gone.addEventListener('abort', closed);
    return mapEvents(await next(incoming), async function* (events) {
      yield* events;
      closed();
    });
  };

  /** Whether it is a cancel of such a call. */
  named(incoming: Incoming): boolean {
    return this.#open.has(nameOf(incoming, namedBy(incoming)));
  }
}

function nameOf({ sessionId }: Incoming, id: unknown): string {
  return JSON.stringify([sessionId, id]);
}

/** Every event of a session's calls, in the order in which they were sent. */
export class EventLog {
  readonly #sent = new Map<string | undefined, SseEvent[]>();

  /** Has to be one of the layers, to know of the events. */
  readonly layer: Layer = after(
    (incoming) => isCall(incoming),
    (outgoing, { sessionId }) => {
      const sent = this.#sent.get(sessionId) ?? [];
      this.#sent.set(sessionId, sent);
      return mapEvents(outgoing, async function* (events) {
        for await (const event of events) {
          sent.push(event);
          yield event;
        }
      });
    },
  );

  /** What came after the event that a client comes back with. */
  after({ sessionId, headers }: Incoming): SseEvent[] {
    const sent = this.#sent.get(sessionId) ?? [];
    return sent.slice(sent.findIndex(({ id }) => id === headers['last-event-id']) + 1);
  }
}
