/** Broken where the cancel itself is answered. */

import {
  type Incoming,
  isCancel,
  type Layer,
  namedBy,
  type Outgoing,
  respond,
  untilGone,
} from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, runningCall } from './layers.ts';

/** Answers cancels that find no call to cancel; of two at the same time, the second finds none. */
function answeringIdle(answer: (incoming: Incoming) => Outgoing): Layer {
  return (next, core) => {
    const cancelled = new WeakSet<object>();
    return async (incoming) => {
      const call = runningCall(incoming, core);
      const idle = isCancel(incoming) && (!call || cancelled.has(call));
      if (call) cancelled.add(call);
      return idle ? answer(incoming) : next(incoming);
    };
  };
}

export const acknowledge: readonly Fault[] = [
  {
    name: 'cancel-200',
    what: 'answers a cancel with 200',
    turns: { 'L-ACK-1': { status: 'fail' } },
    layer: after(isCancel, (outgoing) => ({ ...outgoing, status: 200 })),
  },
  {
    name: 'cancel-body',
    what: 'answers a cancel with a body',
    turns: { 'L-ACK-1': { empty: 'fail' } },
    layer: after(isCancel, ({ status }) => respond(status, { ok: true })),
  },
  {
    name: 'cancel-unanswered',
    what: 'never answers the cancel of a running call',
    turns: {
      'L-ACK-1': { status: 'fail', empty: 'fail' },
      'L-RACE-2': { once: 'not observed', both: 'not observed', answered: 'fail' },
      'L-RACE-3': { alike: 'warn' },
      'L-RACE-4': { answered: 'fail' },
    },
    layer: after(
      (incoming, core) => runningCall(incoming, core) !== undefined,
      async (outgoing, incoming) => {
        await untilGone(incoming);
        return outgoing;
      },
    ),
  },
  {
    name: 'idle-cancel-answered',
    what: 'answers a cancel that names no running call with a JSON-RPC error',
    turns: {
      'L-RACE-1': { accepted: 'fail' },
      'L-RACE-2': { answered: 'fail' },
      'L-RACE-3': { alike: 'warn' },
      'L-RACE-4': { answered: 'fail' },
      'L-RACE-6': { taken: 'fail' },
      'L-BAD-1': { number: 'warn', string: 'warn' },
      'L-BAD-5': { object: 'warn', array: 'warn', boolean: 'warn', fraction: 'warn' },
    },
    layer: answeringIdle((incoming) => {
      const error = { code: -32602, message: 'unknown request' };
      return respond(400, { jsonrpc: '2.0', id: namedBy(incoming), error });
    }),
  },
  {
    name: 'idle-cancel-500',
    what: 'breaks on a cancel that names no running call',
    turns: {
      'L-RACE-1': { accepted: 'fail' },
      'L-RACE-2': { answered: 'fail' },
      'L-RACE-3': { alike: 'warn' },
      'L-RACE-4': { answered: 'fail' },
      'L-RACE-6': { taken: 'fail' },
      'L-BAD-1': { number: 'warn', string: 'warn' },
      'L-BAD-2': { absent: 'warn' },
      'L-BAD-3': { empty: 'warn' },
      'L-BAD-4': { null: 'warn' },
      'L-BAD-5': { object: 'warn', array: 'warn', boolean: 'warn', fraction: 'warn' },
      'L-BAD-6': { list: 'warn' },
      'L-SES-4': { accepted: 'warn' },
    },
    layer: answeringIdle(() => respond(500)),
  },
];
