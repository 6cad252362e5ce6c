/** The streams that clients opened by GET, on which a layer can say something of its own. */

import { PassThrough, pipeline } from 'node:stream';
import type { Incoming, Json, Layer } from './exchange.ts';
import { after, mapEvents } from './layers.ts';

export class Listeners {
  readonly #open = new Map<string | undefined, PassThrough>();

  /** Has to be one of the layers, to know of the streams. */
  readonly layer: Layer = after(
    ({ method }) => method === 'GET',
    (outgoing, { sessionId }) =>
      mapEvents(outgoing, (events) => {
        const stream = new PassThrough({ objectMode: true });
        this.#open.set(sessionId, stream);
        return pipeline(events, stream, () => this.#open.delete(sessionId));
      }),
  );

  /** Sends a message on the stream of the session in which something was asked; nowhere if there is none. */
  say({ sessionId }: Incoming, message: Json): void {
    this.#open.get(sessionId)?.write({ event: 'message', data: JSON.stringify(message) });
  }
}
