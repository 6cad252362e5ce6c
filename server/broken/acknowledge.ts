/** Broken where the cancel itself is answered. */

import {
  type Incoming,
  isCancel,
  type Json,
  type Layer,
  namedBy,
  type Outgoing,
  respond,
  untilGone,
} from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, instead, mapMessages, namesRunning, runningCall } from './layers.ts';

/** Answers the cancel of a running call as if it had asked for something. */
const answering = (answer: Json): Layer =>
  after(namesRunning, (_outgoing, incoming) =>
    respond(200, { jsonrpc: '2.0', id: namedBy(incoming), ...answer }),
  );

/** Changes how a cancel is refused, where it is. */
const refusing = (change: Parameters<typeof after>[1]): Layer =>
  after(isCancel, (outgoing, incoming, core) =>
    outgoing.status >= 400 ? change(outgoing, incoming, core) : outgoing,
  );

/** Answers cancels of running calls with such params at once, with this status, and does nothing. */
const ignoring = (odd: (params: Json) => boolean, status: number): Layer =>
  instead(
    (incoming, core) => namesRunning(incoming, core) && odd(incoming.body.params),
    () => respond(status),
  );

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
    turns: { 'L-ACK-1': { status: 'fail' }, 'L-ACK-3': { status: 'fail' } },
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
      'L-ACK-2': { result: 'not observed', error: 'not observed', stream: 'not observed' },
      'L-RACE-2': { once: 'not observed', both: 'not observed', answered: 'fail' },
      'L-RACE-3': { alike: 'warn' },
      'L-RACE-4': { answered: 'fail' },
    },
    layer: after(namesRunning, async (outgoing, incoming) => {
      await untilGone(incoming);
      return outgoing;
    }),
  },
  {
    name: 'cancel-result',
    what: 'answers a cancel with a JSON-RPC result under the id of the call',
    turns: { 'L-ACK-1': { status: 'fail', empty: 'fail' }, 'L-ACK-2': { result: 'fail' } },
    layer: answering({ result: {} }),
  },
  {
    name: 'cancel-error',
    what: 'answers a cancel with a JSON-RPC error under the id of the call',
    turns: { 'L-ACK-1': { status: 'fail', empty: 'fail' }, 'L-ACK-2': { error: 'fail' } },
    layer: answering({ error: { code: -32800, message: 'Request cancelled' } }),
  },
  {
    name: 'cancel-stream',
    what: 'opens a stream to answer a cancel, though nothing comes on it',
    turns: { 'L-ACK-1': { status: 'fail', empty: 'fail' }, 'L-ACK-2': { stream: 'fail' } },
    layer: after(namesRunning, () => ({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      events: (async function* () {
        yield { id: 'first', data: '' };
      })(),
    })),
  },
  {
    name: 'refusal-200',
    what: 'refuses a cancel with a JSON-RPC error and HTTP 200',
    turns: { 'L-ACK-3': { status: 'fail' } },
    layer: refusing((outgoing) => ({ ...outgoing, status: 200 })),
  },
  {
    name: 'refusal-with-id',
    what: 'refuses a cancel under the id that the cancel names',
    turns: { 'L-ACK-3': { body: 'fail' } },
    layer: refusing((outgoing, incoming) =>
      mapMessages(outgoing, (message) => ({ ...message, id: namedBy(incoming) })),
    ),
  },
  {
    name: 'needs-reason',
    what: 'ignores a cancel that gives no reason',
    turns: { 'L-ACK-4': { absent: 'warn', empty: 'warn' } },
    layer: ignoring(({ reason }) => !reason, 202),
  },
  {
    name: 'short-reasons',
    what: 'refuses a cancel whose reason is longer than 255 characters',
    turns: { 'L-ACK-4': { long: 'warn' } },
    layer: ignoring(({ reason = '' }) => reason.length > 255, 400),
  },
  {
    name: 'strict-params',
    what: 'refuses a cancel with params beyond requestId and reason',
    turns: { 'L-ACK-5': { meta: 'warn', extra: 'warn' } },
    layer: ignoring(({ requestId: _, reason: __, ...more }) => Object.keys(more).length > 0, 400),
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
    collection: 'mcp-cancellation',
    turns: {
      'L-RACE-1': { accepted: 'fail' },
      'L-RACE-3': { alike: 'warn' },
      'L-BAD-1': { number: 'warn', string: 'warn' },
      'L-SES-4': { accepted: 'warn' },
    },
    layer: answeringIdle(() => respond(500)),
  },
];
