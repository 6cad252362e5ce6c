/** Broken where a client goes away, which in the 2025 revisions is no cancel, or comes back. */

import { Connected, EventLog } from './connections.ts';
import { isCall, isCancel, isListening, isResuming, respond, tellsCancel, untilGone } from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, instead, layers, mapEvents, mapping, runningCall, sessionOf } from './layers.ts';

const goneIsCancelled = instead(
  (incoming) => isCall(incoming, 'slow'),
  (incoming, next, core) => {
    const calls = sessionOf(incoming, core)?.calls;
    incoming.gone.addEventListener('abort', () => calls?.cancel(incoming.body.id, null));
    return next(incoming);
  },
);

/** There is nothing that could be cancelled then. */
const NOT_OUTLIVED = { accepted: 'not observed', stops: 'not observed' } as const;

export const disconnect: readonly Fault[] = [
  {
    name: 'disconnect-cancels',
    what: 'takes a dropped connection for a cancel',
    turns: {
      'L-DISC-1': { fin: 'warn', rst: 'warn' },
      'L-DISC-3': NOT_OUTLIVED,
      'L-DISC-6': { result: 'not observed', ends: 'not observed' },
    },
    layer: goneIsCancelled,
  },
  {
    name: 'disconnect-cancels-json',
    what: 'does the same where it answers in JSON',
    turns: { 'L-DISC-2': { fin: 'warn', rst: 'warn' }, 'L-DISC-3': NOT_OUTLIVED },
    config: { responseMode: 'json' },
    layer: goneIsCancelled,
  },
  {
    name: 'forgets-dropped-calls',
    what: 'forgets a call whose connection is gone, so that a cancel finds nothing',
    turns: {
      'L-DISC-3': { stops: 'warn' },
      'L-DISC-6': { ends: 'warn' },
      'L-STR-7': { stops: 'warn', ends: 'warn' },
    },
    layer: (next, core) => {
      const connected = new Connected();
      const forgotten = instead(
        (incoming, core) => runningCall(incoming, core) !== undefined && !connected.named(incoming),
        () => respond(202),
      );
      return layers(connected.layer, forgotten)(next, core);
    },
  },
  {
    name: 'refuses-cancel-of-dropped',
    what: 'answers 410 to the cancel of a call whose connection is gone, and stops it all the same',
    turns: { 'L-DISC-3': { accepted: 'warn' } },
    layer: (next, core) => {
      const connected = new Connected();
      const refused = after(
        (incoming) => isCancel(incoming) && !connected.named(incoming),
        () => respond(410),
      );
      return layers(connected.layer, refused)(next, core);
    },
  },
  {
    name: 'dropped-listener-cancels',
    what: 'cancels every call of a session whose GET stream is dropped',
    turns: { 'L-DISC-4': { untouched: 'warn' } },
    layer: instead(isListening, (incoming, next, core) => {
      const calls = sessionOf(incoming, core)?.calls;
      incoming.gone.addEventListener('abort', () => calls?.cancelAll('the client is gone'));
      return next(incoming);
    }),
  },
  {
    name: 'keeps-dropped-listener',
    what: 'takes a GET stream that was dropped for one that is still open, and allows no other',
    turns: { 'L-DISC-4': { again: 'warn' } },
    layer: (next) => {
      const sessions = new Set<unknown>();
      return async (incoming) => {
        if (!isListening(incoming)) return next(incoming);
        if (sessions.has(incoming.sessionId)) return respond(409);
        sessions.add(incoming.sessionId);
        return next(incoming);
      };
    },
  },
  {
    name: 'resumes-nothing',
    what: 'gives its events ids, and refuses whoever comes back with one',
    turns: { 'L-DISC-5': { missed: 'note', only: 'not applicable' } },
    layer: instead(isResuming, () =>
      respond(400, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'nothing is kept' } }),
    ),
  },
  {
    name: 'resumes-all-streams',
    what: 'sends a client that comes back what came later on any stream of the session',
    turns: { 'L-DISC-5': { only: 'fail' } },
    layer: (next, core) => {
      const log = new EventLog();
      const resumed = after(isResuming, (outgoing, incoming) =>
        mapEvents(outgoing, async function* (events) {
          yield* log.after(incoming);
          yield* events;
        }),
      );
      return layers(log.layer, resumed)(next, core);
    },
  },
  {
    name: 'resumed-never-ends',
    what: 'never ends the stream that a client came back to',
    turns: { 'L-DISC-6': { ends: 'warn' }, 'L-STR-7': { ends: 'warn' } },
    layer: after(isResuming, (outgoing, incoming) =>
      mapEvents(outgoing, async function* (events) {
        yield* events;
        await untilGone(incoming);
      }),
    ),
  },
  {
    name: 'resumes-with-result',
    what: 'has a result for a client that comes back to a cancelled call',
    turns: { 'L-DISC-6': { result: 'warn' }, 'L-STR-7': { result: 'warn' } },
    layer: mapping(isResuming, (message) =>
      tellsCancel(message) ? { jsonrpc: '2.0', id: message.id, result: { content: [] } } : message,
    ),
  },
];
