/** Broken where a client goes away, which in the 2025 revisions is no cancel. */

import { isCall } from './exchange.ts';
import type { Fault } from './fault.ts';
import { instead, sessionOf } from './layers.ts';

const goneIsCancelled = instead(
  (incoming) => isCall(incoming, 'slow'),
  (incoming, next, core) => {
    const calls = sessionOf(incoming, core)?.calls;
    incoming.gone.addEventListener('abort', () => calls?.cancel(incoming.body.id, null));
    return next(incoming);
  },
);

export const disconnect: readonly Fault[] = [
  {
    name: 'disconnect-cancels',
    what: 'takes a dropped connection for a cancel',
    turns: { 'L-DISC-1': { fin: 'warn', rst: 'warn' } },
    unjudged: ['L-DISC-3', 'L-DISC-6'],
    layer: goneIsCancelled,
  },
  {
    name: 'disconnect-cancels-json',
    what: 'does the same where it answers in JSON',
    turns: { 'L-DISC-2': { fin: 'warn', rst: 'warn' } },
    unjudged: ['L-DISC-3'],
    config: { responseMode: 'json' },
    layer: goneIsCancelled,
  },
];
