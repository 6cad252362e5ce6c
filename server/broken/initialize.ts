/** Broken where a cancel names the initialize of its session, which was answered long ago. */

import { asks, isCancel, type Layer, namedBy, respond } from './exchange.ts';
import type { Fault } from './fault.ts';
import { type instead, sessionOf } from './layers.ts';

/** Handles a cancel that names the initialize of its session otherwise. */
function onCancelOfInitialize(handle: Parameters<typeof instead>[1]): Layer {
  return (next, core) => {
    const ids = new Map<unknown, unknown>();
    return async (incoming) => {
      const names = isCancel(incoming) && ids.get(incoming.sessionId) === namedBy(incoming);
      const outgoing = await (names ? handle(incoming, next, core) : next(incoming));
      if (asks(incoming, 'initialize')) ids.set(outgoing.headers['mcp-session-id'], incoming.body.id);
      return outgoing;
    };
  };
}

export const initialize: readonly Fault[] = [
  {
    name: 'initialize-cancel-500',
    what: 'breaks on a cancel of initialize',
    turns: { 'L-INIT-1': { taken: 'fail' } },
    layer: onCancelOfInitialize(() => respond(500)),
  },
  {
    name: 'initialize-cancels-calls',
    what: 'cancels every call of the session with its initialize',
    turns: { 'L-INIT-1': { untouched: 'warn' } },
    layer: onCancelOfInitialize((incoming, next, core) => {
      sessionOf(incoming, core)?.calls.cancelAll('initialize was cancelled');
      return next(incoming);
    }),
  },
  {
    name: 'initialize-cancel-ends-session',
    what: 'ends the session on a cancel of its initialize',
    turns: { 'L-INIT-1': { untouched: 'warn', alive: 'fail' } },
    layer: onCancelOfInitialize(async (incoming, next, core) => {
      const session = sessionOf(incoming, core);
      const outgoing = await next(incoming);
      await session?.server.close();
      return outgoing;
    }),
  },
];
