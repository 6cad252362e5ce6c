/** Broken where a cancel comes too early, too late, or again. */

import {
  type Incoming,
  isCall,
  isCancel,
  type Layer,
  namedBy,
  type Outgoing,
  refuse,
  respond,
  tellsCancel,
} from './exchange.ts';
import type { Fault } from './fault.ts';
import { notSoQuick } from './handlers.ts';
import { after, becomes, endingSession, layers, mapMessages, mapping, runningCall } from './layers.ts';
import { Listeners } from './listeners.ts';

/** An id that a request has or names, as a key: it means something only within its session. */
const within = ({ sessionId }: Incoming, id: unknown) => JSON.stringify([sessionId, id]);

/** Answers certain requests of a session that has had more than fifty cancels for nobody. */
function afterFiftyForNobody(
  when: (incoming: Incoming) => boolean,
  answer: (incoming: Incoming) => Outgoing,
): Layer {
  return (next, core) => {
    const counts = new Map<string | undefined, number>();
    return async (incoming) => {
      const forNobody = becomes(incoming, core) === 'unknown' ? 1 : 0;
      const count = (counts.get(incoming.sessionId) ?? 0) + forNobody;
      counts.set(incoming.sessionId, count);
      return count > 50 && when(incoming) ? answer(incoming) : next(incoming);
    };
  };
}

export const races: readonly Fault[] = [
  {
    name: 'remembers-early-cancels',
    what: 'refuses a call whose id was named before it came',
    turns: { 'L-RACE-5': { runs: 'warn' } },
    layer: (next, core) => {
      const named = new Set<string>();
      return async (incoming) => {
        if (isCancel(incoming) && !runningCall(incoming, core))
          named.add(within(incoming, namedBy(incoming)));
        return isCall(incoming) && named.has(within(incoming, incoming.body.id))
          ? refuse(incoming, -32800, 'Request cancelled')
          : next(incoming);
      };
    },
  },
  {
    name: 'late-cancel-ends-session',
    what: 'ends the session on a cancel of a call that was completed',
    turns: {
      'L-RACE-1': { alive: 'fail' },
      'L-RACE-2': { once: 'not observed', both: 'not observed', alive: 'fail' },
    },
    offer: notSoQuick,
    layer: endingSession((incoming, core) => becomes(incoming, core) === 'late'),
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
    name: 'second-cancel-ends-session',
    what: 'ends the session on a cancel of a call that was cancelled before',
    turns: { 'L-RACE-3': { alike: 'warn' }, 'L-RACE-4': { alive: 'fail' } },
    layer: endingSession((incoming, core) => becomes(incoming, core) === 'duplicate'),
  },
  {
    name: 'cancels-twice',
    what: 'lets a cancelled call be cancelled again',
    turns: { 'L-RACE-3': { once: 'warn' }, 'L-RACE-4': { once: 'warn' } },
    layer: (next) => {
      const ids = new Map<string, string>();
      const cancels: string[] = [];
      return async (incoming) => {
        const { key } = incoming.body?.params?.arguments ?? {};
        if (isCancel(incoming)) cancels.push(within(incoming, namedBy(incoming)));
        if (isCall(incoming, 'slow')) ids.set(key, within(incoming, incoming.body.id));
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
  {
    name: 'error-and-result',
    what: 'answers a cancelled call with the error, and with a result when its handler has stopped',
    turns: { 'L-RACE-2': { once: 'fail', both: 'fail' }, 'L-RACE-4': { response: 'fail' } },
    layer: mapping(
      (incoming) => isCall(incoming),
      ({ error, ...message }) => {
        const result = { ...message, result: { content: [] } };
        return tellsCancel({ error }) ? [{ ...message, error }, result] : { ...message, error };
      },
    ),
  },
  {
    name: 'limits-cancels',
    what: 'refuses cancels with 429 when fifty of them were for nobody',
    turns: { 'L-RACE-6': { alike: 'warn' } },
    layer: afterFiftyForNobody(isCancel, () => respond(429)),
  },
  {
    name: 'keeps-unknown-cancels',
    what: 'keeps every cancel for nobody, and has no room for a call beside fifty of them',
    turns: { 'L-RACE-6': { next: 'fail' } },
    layer: afterFiftyForNobody(isCall, (incoming) => refuse(incoming, -32603, 'too many cancels are kept')),
  },
];
