/** Nothing broken but the witness: what cannot be seen must not be claimed. */

import { isCall, type Json } from './exchange.ts';
import type { Fault } from './fault.ts';
import { mapping } from './layers.ts';

/** Changes what `state` tells. */
const telling = (change: (state: Json, result: Json) => Json) =>
  mapping(
    (incoming) => isCall(incoming, 'state'),
    ({ result, ...message }) => ({
      ...message,
      result: result.structuredContent ? change(result.structuredContent, result) : result,
    }),
  );

export const witness: readonly Fault[] = [
  {
    name: 'plain-witness',
    what: 'tells of a call the ticks and the end, and nothing else',
    turns: {
      'L-RACE-3': { once: 'not observed' },
      'L-RACE-4': { once: 'not observed' },
      'R-FILE-1': { stopped: 'warn', cleaned: 'warn', reason: 'warn' },
    },
    layer: telling(({ ticks, finished }) => ({ content: [], structuredContent: { ticks, finished } })),
  },
  {
    name: 'forgetful-witness',
    what: 'forgets a cancelled call',
    turns: {
      'L-EFF-1': { stops: 'not observed', soon: 'not observed' },
      'L-RACE-3': { once: 'not observed' },
      'L-RACE-4': { once: 'not observed' },
      'R-FILE-1': { stopped: 'not observed', cleaned: 'not observed', reason: 'not observed' },
    },
    layer: telling(({ cancelled }, result) => (cancelled ? { isError: true, content: [] } : result)),
  },
];
