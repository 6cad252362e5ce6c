/** Broken where a cancel comes too early, too late, or again. */

import { isCall, isCancel, namedBy, refuse } from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, instead, layers, mapMessages, runningCall, sessionOf } from './layers.ts';
import { Listeners } from './listeners.ts';

export const races: readonly Fault[] = [
  {
    name: 'remembers-early-cancels',
    what: 'refuses a call whose id was named before it came',
    turns: { 'L-RACE-5': { runs: 'warn' } },
    layer: (next, core) => {
      const named = new Set<string>();
      return async (incoming) => {
        const key = (id: unknown) => JSON.stringify([incoming.sessionId, id]);
        if (isCancel(incoming) && !runningCall(incoming, core)) named.add(key(namedBy(incoming)));
        return isCall(incoming) && named.has(key(incoming.body.id))
          ? refuse(incoming, -32800, 'Request cancelled')
          : next(incoming);
      };
    },
  },
  {
    name: 'late-cancel-ends-session',
    what: 'ends the session on a cancel of a call that was completed',
    turns: { 'L-RACE-1': { alive: 'fail' }, 'L-RACE-7': { alive: 'fail' } },
    layer: instead(isCancel, async (incoming, next, core) => {
      const session = sessionOf(incoming, core);
      const id = namedBy(incoming);
      const became = id === undefined ? 'unknown' : session?.calls.cancel(id, null);
      const outgoing = await next(incoming);
      if (became === 'late') await session?.server.close();
      return outgoing;
    }),
  },
  {
    name: 'answers-late-cancel-on-get',
    what: 'answers the cancel of a call that was completed, on the stream opened by GET',
    turns: { 'L-RACE-1': { silent: 'fail' } },
    layer: (next, core) => {
      const listeners = new Listeners();
      const answer = after(
        (incoming, core) => isCancel(incoming) && !runningCall(incoming, core),
        (outgoing, incoming) => {
          const error = { code: -32800, message: 'Request cancelled' };
          listeners.say(incoming, { jsonrpc: '2.0', id: namedBy(incoming), error });
          return outgoing;
        },
      );
      return layers(listeners.layer, answer)(next, core);
    },
  },
  {
    name: 'cancels-twice',
    what: 'lets a cancelled call be cancelled again',
    turns: { 'L-RACE-3': { once: 'warn' } },
    layer: (next) => {
      const ids = new Map<string, unknown>();
      const cancels: unknown[] = [];
      return async (incoming) => {
        const { key } = incoming.body?.params?.arguments ?? {};
        if (isCancel(incoming)) cancels.push(namedBy(incoming));
        if (isCall(incoming, 'slow')) ids.set(key, incoming.body.id);
        const outgoing = await next(incoming);
        if (!isCall(incoming, 'state')) return outgoing;
        const cancelled = cancels.filter((id) => id === ids.get(key)).length;
        return mapMessages(outgoing, ({ result, ...message }) => {
          const structuredContent = { ...result.structuredContent, cancelled };
          return { ...message, result: { ...result, structuredContent } };
        });
      };
    },
  },
];
