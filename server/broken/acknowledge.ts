/** Broken where the cancel itself is answered. */

import { isCancel, namedBy, respond, untilGone } from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, instead, runningCall } from './layers.ts';

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
      // Only when nothing came is the witness asked: until then the handler may have worked.
      'L-EFF-1': { soon: 'warn' },
      'L-RACE-3': { alike: 'warn' },
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
      'L-BAD-1': { number: 'warn', string: 'warn' },
      'L-RACE-1': { accepted: 'fail' },
      'L-RACE-3': { alike: 'warn' },
    },
    layer: instead(
      (incoming, core) => isCancel(incoming) && !runningCall(incoming, core),
      (incoming) => {
        const error = { code: -32602, message: 'unknown request' };
        return respond(400, { jsonrpc: '2.0', id: namedBy(incoming), error });
      },
    ),
  },
  {
    name: 'idle-cancel-500',
    what: 'breaks on a cancel that names no running call',
    turns: {
      'L-RACE-1': { accepted: 'fail' },
      'L-RACE-3': { alike: 'warn' },
      'L-BAD-1': { number: 'warn', string: 'warn' },
      'L-SES-4': { accepted: 'warn' },
    },
    layer: instead(
      (incoming, core) => isCancel(incoming) && !runningCall(incoming, core),
      () => respond(500),
    ),
  },
];
