/** Wrong answers to the cancel itself. */

import { isCancel, respond, untilGone } from './exchange.ts';
import type { Fault } from './fault.ts';

export const acknowledge: readonly Fault[] = [
  {
    name: 'cancel-200',
    what: 'answers a cancel with 200',
    turns: { 'L-ACK-1': { status: 'fail' } },
    layer: (next) => async (incoming) => {
      const outgoing = await next(incoming);
      return isCancel(incoming) ? { ...outgoing, status: 200 } : outgoing;
    },
  },
  {
    name: 'cancel-body',
    what: 'answers a cancel with a body',
    turns: { 'L-ACK-1': { empty: 'fail' } },
    layer: (next) => async (incoming) => {
      const outgoing = await next(incoming);
      return isCancel(incoming) ? respond(outgoing.status, { ok: true }) : outgoing;
    },
  },
  {
    name: 'cancel-unanswered',
    what: 'never answers a cancel',
    turns: { 'L-ACK-1': { status: 'fail', empty: 'fail' }, 'L-RACE-3': { alike: 'warn' } },
    layer: (next) => async (incoming) => {
      const outgoing = await next(incoming);
      if (isCancel(incoming)) await untilGone(incoming);
      return outgoing;
    },
  },
];
