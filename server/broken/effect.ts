/** Broken where a cancelled call should stop: the handler, not what is answered. */

import { setTimeout } from 'node:timers/promises';
import { isCall, isCancel, keyIn, respond } from './exchange.ts';
import type { Fault } from './fault.ts';
import { deafTo, handling, seenAs, untilCancelled } from './handlers.ts';
import { after, instead, layers, mapEvents, runningCall, sessionOf } from './layers.ts';

/** The tools that the suite cancels. */
const SLOW = ['slow', 'process_large_file'];

/** Longer than anybody looks. */
const LONG_MS = 60_000;

/** What L-EFF-1 says of a handler that does not stop. */
const NEVER_STOPS = { stops: 'warn', soon: 'not applicable' } as const;

export const effect: readonly Fault[] = [
  {
    name: 'forgets-cancels',
    what: 'accepts a cancel and does nothing',
    turns: {
      'L-EFF-1': NEVER_STOPS,
      'L-EFF-2': { own: 'not observed', replay: 'not observed' },
      'L-EFF-4': { ends: 'warn', soon: 'not applicable', reply: 'not applicable' },
      'L-EFF-5': { get: 'not observed' },
      'L-EFF-7': { middle: 'not observed' },
      'L-EFF-9': { prompt: 'warn', resource: 'warn', completion: 'warn' },
      'L-EFF-10': { stops: 'warn', ends: 'warn', withdrawn: 'not observed', late: 'not observed' },
      'R-FILE-1': {
        logs: 'not observed',
        progress: 'not observed',
        reply: 'not observed',
        last: 'not observed',
        ends: 'warn',
        stopped: 'warn',
        reason: 'warn',
      },
    },
    layer: instead(isCancel, () => respond(202)),
  },
  {
    name: 'forgets-cancels-unwitnessed',
    what: 'accepts a cancel and does nothing, and has no witness: only the times of its progress tell',
    collection: 'mcp-cancellation',
    variables: { stateTool: '', fileTool: '' },
    turns: {
      'L-EFF-1': { stops: 'warn' },
      'L-EFF-4': { ends: 'warn', soon: 'not applicable', reply: 'not applicable' },
      'L-EFF-7': { middle: 'not observed' },
    },
    layer: instead(isCancel, () => respond(202)),
  },
  {
    name: 'cancel-ends-all-streams',
    what: 'ends the streams of all calls of the session with that of the cancelled one',
    turns: { 'L-EFF-7': { first: 'warn', last: 'warn' } },
    layer: (next, core) => {
      const ended = new Set<string>();
      const end = after(
        (incoming) => isCall(incoming, 'slow'),
        (outgoing, incoming) =>
          mapEvents(outgoing, async function* (events) {
            for await (const event of events) {
              if (ended.has(keyIn(incoming, incoming.body.id))) return;
              yield event;
            }
          }),
      );
      const learn = instead(isCancel, (incoming, next, core) => {
        const named = runningCall(incoming, core);
        for (const { id } of sessionOf(incoming, core)?.calls.records ?? [])
          if (named && id !== named.id) ended.add(keyIn(incoming, id));
        return next(incoming);
      });
      return layers(end, learn)(next, core);
    },
  },
  {
    name: 'works-on',
    what: 'answers at once, says the handler ended, and works on',
    collection: 'mcp-cancellation',
    turns: { 'L-EFF-1': NEVER_STOPS },
    offer: handling(['slow'], (handler) => async (args, call, caller) => {
      const work = handler(args, deafTo(call), caller);
      await Promise.race([work, untilCancelled(call)]);
      return call.cancelled ? { content: [] } : work;
    }),
  },
  {
    name: 'pauses-then-goes-on',
    what: 'does the same, but rests for 150 ms and starts anew',
    collection: 'mcp-cancellation',
    turns: { 'L-EFF-1': NEVER_STOPS },
    offer: handling(['slow'], (handler) => (args, call, caller) => {
      void untilCancelled(call)
        .then(() => setTimeout(150))
        .then(() => handler(args, deafTo(call), caller));
      return handler(args, call, caller);
    }),
  },
  {
    name: 'never-ends-handler',
    what: 'stops the work, but its handler hangs',
    collection: 'mcp-cancellation',
    turns: { 'L-EFF-1': NEVER_STOPS, 'R-FILE-1': { stopped: 'warn', cleaned: 'warn' } },
    offer: handling(
      SLOW,
      (handler) => (args, call, caller) =>
        handler(args, call, caller).catch(() => setTimeout(LONG_MS, { content: [] }, { ref: false })),
    ),
  },
  {
    name: 'finishes-instead',
    what: 'does what is left to do in one step',
    turns: { 'L-EFF-1': { stops: 'warn' }, 'R-FILE-1': { stopped: 'warn' } },
    offer: handling(SLOW, (handler) => (args, call, caller) => {
      const rest = 'steps' in args ? { steps: 1, interval_ms: 1 } : { processing_time: 1, tick_ms: 10 };
      return handler(args, call, caller).catch(() => handler({ ...args, ...rest }, deafTo(call), caller));
    }),
  },
  {
    name: 'slow-to-stop',
    what: 'takes 900 ms to stop',
    turns: { 'L-EFF-1': { soon: 'warn' } },
    offer: handling(SLOW, (handler) => (args, call, caller) => {
      const late = new AbortController();
      void untilCancelled(call)
        .then(() => setTimeout(900))
        .then(() => late.abort());
      return handler(args, seenAs(call, { signal: late.signal }), caller);
    }),
  },
  {
    name: 'cleans-up-late',
    what: 'removes its partial output 5 s too late',
    turns: { 'R-FILE-1': { cleaned: 'warn' } },
    offer: handling(SLOW, (handler) => (args, call, caller) => {
      const defer = (cleanup: () => unknown) =>
        call.defer(
          () =>
            void setTimeout(5000)
              .then(cleanup)
              .catch(() => {}),
        );
      return handler(args, seenAs(call, { defer }), caller);
    }),
  },
];
