/** Broken on the streams: what comes on which, under which id, and when they end. */

import { setTimeout } from 'node:timers/promises';
import { type Incoming, isAnswer, isCall, type Json, type Layer } from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, layers, mapEvents, mapping, mappingEvents, sessionOf } from './layers.ts';
import { Listeners } from './listeners.ts';

const isSlow = (incoming: Incoming) => isCall(incoming, 'slow');

/** Nothing shows it where the target closes no connection for a client to come back to. */
const NO_POLLING = { stops: 'not observed', result: 'not observed', ends: 'not observed' } as const;

/** Repeats certain messages of calls on the session's own stream. */
const alsoOnGet =
  (repeated: (message: Json) => boolean): Layer =>
  (next, core) => {
    const listeners = new Listeners();
    const calls = mapping(isSlow, (message, incoming) => {
      if (repeated(message)) listeners.say(incoming, message);
      return message;
    });
    return layers(listeners.layer, calls)(next, core);
  };

export const streams: readonly Fault[] = [
  {
    name: 'stream-without-end',
    what: 'never ends the stream of a call, but with its session',
    turns: { 'L-STR-1': { ends: 'warn' } },
    layer: after(isSlow, (outgoing, incoming, core) =>
      mapEvents(outgoing, async function* (events) {
        yield* events;
        while (sessionOf(incoming, core) && !incoming.gone.aborted) await setTimeout(20);
      }),
    ),
  },
  {
    name: 'stream-without-response',
    what: 'ends the stream of a call without its response',
    turns: {
      'L-STR-1': { response: 'warn' },
      'L-STR-2': { early: 'warn' },
      'L-STR-4': { answers: 'not applicable' },
    },
    // In later ones the client may come back for it.
    revision: '2025-06-18',
    layer: mapping(isSlow, (message) => (isAnswer(message) ? undefined : message)),
  },
  {
    name: 'polls-without-retry',
    what: 'closes a connection and does not say when to come back',
    turns: { 'L-STR-2': { retry: 'warn' } },
    layer: mappingEvents(
      (incoming) => isCall(incoming),
      ({ retry: _, ...event }) => event,
    ),
  },
  {
    name: 'unprimed',
    what: 'begins a stream without an event that only has an id',
    turns: {
      'L-STR-2': { early: 'warn', retry: 'warn' },
      'L-STR-6': { primed: 'warn' },
      'L-STR-7': NO_POLLING,
    },
    layer: mappingEvents(
      (incoming) => isCall(incoming),
      (event) => (event.data ? event : undefined),
    ),
  },
  {
    name: 'events-without-ids',
    what: 'gives its events no ids',
    turns: {
      'L-DISC-5': { missed: 'not applicable', only: 'not applicable' },
      'L-DISC-6': { result: 'not applicable', ends: 'not applicable' },
      'L-STR-2': { early: 'warn' },
      'L-STR-5': { unique: 'not applicable' },
      'L-STR-6': { primed: 'warn' },
      'L-STR-7': NO_POLLING,
    },
    layer: mappingEvents(
      (incoming) => isCall(incoming),
      ({ id: _, ...event }) => event,
    ),
  },
  {
    name: 'counts-events-by-stream',
    what: 'gives each stream the event ids 1, 2, 3',
    turns: { 'L-STR-5': { unique: 'fail' } },
    layer: after(isSlow, (outgoing) =>
      mapEvents(outgoing, async function* (events) {
        let count = 0;
        for await (const event of events) yield { ...event, id: String(++count) };
      }),
    ),
  },
  {
    name: 'answers-also-on-get',
    what: 'repeats the answer of a call on the stream opened by GET',
    turns: { 'L-STR-3': { completed: 'fail', cancelled: 'fail' }, 'L-STR-4': { answers: 'fail' } },
    layer: alsoOnGet((message) => isAnswer(message)),
  },
  {
    name: 'progress-also-on-get',
    what: 'repeats the progress of a call on the stream opened by GET',
    turns: { 'L-STR-4': { progress: 'fail' } },
    layer: alsoOnGet(({ method }) => method === 'notifications/progress'),
  },
];
