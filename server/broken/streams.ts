/** Broken on the streams: what comes on which, and under which id. */

import { isCall } from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, mapEvents } from './layers.ts';

export const streams: readonly Fault[] = [
  {
    name: 'counts-events-by-stream',
    what: 'gives each stream the event ids 1, 2, 3',
    turns: { 'L-STR-5': { unique: 'fail' } },
    layer: after(
      (incoming) => isCall(incoming, 'slow'),
      (outgoing) =>
        mapEvents(outgoing, async function* (events) {
          let count = 0;
          for await (const event of events) yield { ...event, id: String(++count) };
        }),
    ),
  },
  {
    name: 'unprimed',
    what: 'begins a stream without an event that only has an id',
    turns: {
      'L-STR-2': { retry: 'warn' },
      'L-STR-6': { primed: 'warn' },
      'L-STR-7': { stops: 'not observed', result: 'not observed', ends: 'not observed' },
    },
    layer: after(
      (incoming) => isCall(incoming),
      (outgoing) =>
        mapEvents(outgoing, async function* (events) {
          for await (const event of events) if (event.data) yield event;
        }),
    ),
  },
];
