/** Broken where an id names one call: its type, and the calls beside it. */

import { isCancel, namedBy, naming } from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, instead, runningCall, sessionOf } from './layers.ts';

/** The calls that the suite runs side by side: the witness must still answer. */
const isSlow = ({ tool }: { tool: string }) => tool === 'slow';

export const ids: readonly Fault[] = [
  {
    name: 'coerces-ids',
    what: 'takes 7 and "7" for one id',
    turns: { 'L-ID-2': { number: 'warn', string: 'warn' } },
    layer: instead(isCancel, (incoming, next, core) => {
      const same = ({ id }: { id: unknown }) => String(id) === String(namedBy(incoming));
      const called = sessionOf(incoming, core)?.calls.records.find(same);
      return next(called ? naming(incoming, called.id) : incoming);
    }),
  },
  {
    name: 'cancel-id-as-number',
    what: 'reads the id in a cancel as a number',
    turns: { 'L-ID-2': { number: 'warn' } },
    layer: instead(isCancel, (incoming, next) => next(naming(incoming, Number(namedBy(incoming))))),
  },
  {
    name: 'cancel-id-as-string',
    what: 'reads the id in a cancel as a string',
    turns: { 'L-ID-2': { string: 'warn' } },
    layer: instead(isCancel, (incoming, next) => next(naming(incoming, String(namedBy(incoming))))),
  },
  {
    name: 'cancels-all',
    what: 'cancels every call of the session, whichever id is named',
    turns: {
      'L-EFF-7': { first: 'warn', last: 'warn' },
      'L-BAD-1': { number: 'warn', string: 'warn' },
      'L-ID-2': { number: 'warn', string: 'warn' },
    },
    layer: after(isCancel, (outgoing, incoming, core) => {
      const calls = sessionOf(incoming, core)?.calls;
      for (const { id } of calls?.records.filter(isSlow) ?? []) calls?.cancel(id, null);
      return outgoing;
    }),
  },
  {
    name: 'cancels-oldest',
    what: 'cancels the oldest running call in place of the named one',
    turns: { 'L-EFF-7': { first: 'warn', middle: 'not observed' } },
    layer: instead(
      (incoming, core) => runningCall(incoming, core) !== undefined,
      (incoming, next, core) =>
        next(naming(incoming, sessionOf(incoming, core)?.calls.records.find(isSlow)?.id)),
    ),
  },
  {
    name: 'cancels-latest',
    what: 'cancels the latest running call in place of the named one',
    turns: { 'L-EFF-7': { middle: 'not observed', last: 'warn' } },
    layer: instead(
      (incoming, core) => runningCall(incoming, core) !== undefined,
      (incoming, next, core) =>
        next(naming(incoming, sessionOf(incoming, core)?.calls.records.filter(isSlow).at(-1)?.id)),
    ),
  },
  {
    name: 'cancels-across-sessions',
    what: 'cancels a call of another session',
    turns: { 'L-SES-4': { untouched: 'warn' } },
    layer: (next, core) => {
      const sessions = new Set<string>();
      return async (incoming) => {
        if (incoming.sessionId) sessions.add(incoming.sessionId);
        const id = namedBy(incoming);
        if (id !== undefined) for (const each of sessions) core.sessions.find(each)?.calls.cancel(id, null);
        return next(incoming);
      };
    },
  },
];
