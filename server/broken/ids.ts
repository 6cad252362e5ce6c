/** Broken where an id names one call: its type, and the calls beside it. */

import {
  isCall,
  isCancel,
  type Json,
  type Layer,
  namedBy,
  naming,
  respond,
  tellsCancel,
} from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, instead, mapping, namesRunning, sessionOf } from './layers.ts';

/** The calls that the suite runs side by side: the witness must still answer. */
const isSlow = ({ tool }: { tool: string }) => tool === 'slow';

/** Reads the id in a cancel as something else than it is. */
const reading = (as: (id: Json) => Json): Layer =>
  instead(isCancel, (incoming, next) => next(naming(incoming, as(namedBy(incoming)))));

export const ids: readonly Fault[] = [
  {
    name: 'coerces-ids',
    what: 'takes 7 and "7" for one id',
    turns: {
      'L-ID-2': { number: 'warn', string: 'warn' },
      'L-ID-3': { number: 'warn', named: 'not observed' },
    },
    layer: instead(isCancel, (incoming, next, core) => {
      const same = ({ id }: { id: unknown }) => String(id) === String(namedBy(incoming));
      const called = sessionOf(incoming, core)?.calls.records.find(same);
      return next(called ? naming(incoming, called.id) : incoming);
    }),
  },
  {
    name: 'cancel-id-as-number',
    what: 'reads the id in a cancel as a number',
    turns: {
      'L-ID-1': { string: 'warn', empty: 'warn', numeric: 'warn', unicode: 'warn' },
      'L-ID-2': { number: 'warn' },
      'L-ID-3': { number: 'warn', named: 'not observed' },
    },
    layer: reading(Number),
  },
  {
    name: 'cancel-id-as-string',
    what: 'reads the id in a cancel as a string',
    turns: {
      'L-ID-1': { positive: 'warn', zero: 'warn', negative: 'warn', largest: 'warn' },
      'L-ID-2': { string: 'warn' },
      'L-ID-3': { string: 'warn', named: 'not observed' },
    },
    layer: reading(String),
  },
  {
    name: 'cancel-id-as-int32',
    what: 'reads a number in a cancel as one of 32 bits',
    turns: { 'L-ID-1': { largest: 'warn' } },
    layer: reading((id) => (typeof id === 'number' ? id | 0 : id)),
  },
  {
    name: 'cancel-id-as-latin1',
    what: 'reads the id in a cancel as Latin-1, though it is UTF-8',
    turns: { 'L-ID-1': { unicode: 'warn' } },
    layer: reading((id) => (typeof id === 'string' ? Buffer.from(id).toString('latin1') : id)),
  },
  {
    name: 'falsy-ids',
    what: 'takes 0 and the empty string for no id',
    turns: { 'L-ID-1': { zero: 'warn', empty: 'warn' } },
    layer: instead(
      (incoming) => isCancel(incoming) && !namedBy(incoming),
      () => respond(202),
    ),
  },
  {
    name: 'cancelled-as-result',
    what: 'answers a cancelled call with a result that says so',
    turns: { 'L-ID-3': { named: 'warn' } },
    layer: mapping(
      (incoming) => isCall(incoming, 'slow'),
      ({ error, ...message }) =>
        tellsCancel({ error })
          ? { ...message, result: { content: [{ type: 'text', text: 'cancelled' }] } }
          : { ...message, ...(error && { error }) },
    ),
  },
  {
    name: 'cancels-all',
    what: 'cancels every call of the session, whichever id is named',
    collection: 'mcp-cancellation',
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
    collection: 'mcp-cancellation',
    turns: { 'L-EFF-7': { first: 'warn', middle: 'not observed' } },
    layer: instead(namesRunning, (incoming, next, core) =>
      next(naming(incoming, sessionOf(incoming, core)?.calls.records.find(isSlow)?.id)),
    ),
  },
  {
    name: 'cancels-latest',
    what: 'cancels the latest running call in place of the named one',
    collection: 'mcp-cancellation',
    turns: { 'L-EFF-7': { middle: 'not observed', last: 'warn' } },
    layer: instead(namesRunning, (incoming, next, core) =>
      next(naming(incoming, sessionOf(incoming, core)?.calls.records.filter(isSlow).at(-1)?.id)),
    ),
  },
];
