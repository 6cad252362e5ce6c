/** Server-Sent Events in and out, one by one as they arrive. */

import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface SseEvent {
  event?: string | undefined;
  id?: string | undefined;
  /** After how many milliseconds a client may come back. */
  retry?: number | undefined;
  /** Empty where the event only carries an id. */
  data: string;
}

/** The events of a stream of bytes. */
export async function* parseEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder();
  let retry: number | undefined;
  let ready: SseEvent[] = [];
  const parser = createParser({
    onRetry: (ms) => {
      retry = ms;
    },
    onEvent: (event: EventSourceMessage) => {
      ready.push({ ...event, retry });
      retry = undefined;
    },
  });
  for await (const piece of pieces) {
    parser.feed(decoder.decode(piece, { stream: true }));
    const events = ready;
    ready = [];
    yield* events;
  }
}

/** An event as it goes out. */
export function formatEvent({ event, id, retry, data }: SseEvent): string {
  const fields = { event, id, retry };
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined);
  const told = [...lines, ...data.split('\n').map((line) => ['data', line])];
  return `${told.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n`;
}
