/** Broken where a body holds several messages, or may not hold several. */

import {
  asks,
  type Incoming,
  isAnswer,
  isCall,
  isCancel,
  messagesOf,
  respond,
  tellsCancel,
  withBody,
} from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, instead, mapEvents, mapMessages, mapping, sessionOf, untilSessionEnds } from './layers.ts';

/** The only revision that has batches. */
const revision = '2025-03-26';

const isBatch = ({ body }: Incoming) => Array.isArray(body);
const isBatchOfCalls = (incoming: Incoming) => isBatch(incoming) && isCall(incoming);
const isBatchOfCancels = (incoming: Incoming) => isBatch(incoming) && isCancel(incoming) && !isCall(incoming);
const isCallAndCancel = (incoming: Incoming) => isBatchOfCalls(incoming) && isCancel(incoming);

export const batches: readonly Fault[] = [
  {
    name: 'refuses-batches',
    what: 'refuses batches in the revision that has them',
    revision,
    turns: {
      'L-BAT-1': { sibling: 'not observed', ends: 'not observed' },
      'L-BAT-2': { status: 'fail', first: 'warn', second: 'warn' },
      'L-BAT-3': { received: 'fail' },
    },
    layer: instead(isBatch, () => respond(400)),
  },
  {
    name: 'batch-ends-with-cancel',
    what: 'ends the stream of a batch with the first call that is cancelled',
    revision,
    turns: { 'L-BAT-1': { sibling: 'warn' } },
    layer: after(isBatchOfCalls, (outgoing) =>
      mapEvents(outgoing, async function* (events) {
        for await (const event of events) {
          yield event;
          if (event.data && tellsCancel(JSON.parse(event.data))) return;
        }
      }),
    ),
  },
  {
    name: 'batch-left-open',
    what: 'never ends the stream of a batch',
    revision,
    turns: { 'L-BAT-1': { ends: 'warn' } },
    layer: after(isBatchOfCalls, (outgoing, incoming, core) =>
      mapEvents(outgoing, async function* (events) {
        yield* events;
        await untilSessionEnds(incoming, core);
      }),
    ),
  },
  {
    name: 'batch-of-cancels-200',
    what: 'answers a batch of cancels with 200 and an empty list',
    revision,
    turns: { 'L-BAT-2': { status: 'fail' } },
    layer: after(isBatchOfCancels, () => respond(200, [])),
  },
  {
    name: 'batch-of-cancels-unheeded',
    what: 'accepts a batch of cancels and does nothing',
    revision,
    turns: { 'L-BAT-2': { first: 'warn', second: 'warn' } },
    layer: instead(isBatchOfCancels, () => respond(202)),
  },
  {
    name: 'batch-answers-twice',
    what: 'answers a call that is cancelled in its own batch with an error and a result',
    revision,
    turns: { 'L-BAT-3': { once: 'fail' } },
    layer: mapping(isCallAndCancel, (message) =>
      isAnswer(message) ? [message, { jsonrpc: '2.0', id: message.id, result: { content: [] } }] : message,
    ),
  },
  {
    name: 'batch-ends-session',
    what: 'ends the session on a call and its cancel in one batch',
    revision,
    turns: { 'L-BAT-3': { alive: 'fail' } },
    unjudged: ['L-BAT-3'],
    layer: instead(isCallAndCancel, async (incoming, next, core) => {
      const outgoing = await next(incoming);
      await sessionOf(incoming, core)?.server.close();
      return outgoing;
    }),
  },
  {
    name: 'accepts-batches',
    what: 'accepts batches in a revision that has none',
    turns: { 'L-BAT-5': { requests: 'fail', cancels: 'fail', untouched: 'warn' } },
    layer: instead(
      (incoming) => asks(incoming, 'initialize'),
      async (incoming, next) => {
        const { params } = incoming.body;
        const older = { ...incoming.body, params: { ...params, protocolVersion: revision } };
        return mapMessages(await next(withBody(incoming, older)), ({ result, ...message }) => ({
          ...message,
          result: { ...result, protocolVersion: params.protocolVersion },
        }));
      },
    ),
  },
  {
    name: 'accepts-empty-batch',
    what: 'accepts an empty list as nothing to do',
    turns: { 'L-BAT-5': { empty: 'fail' } },
    layer: instead(
      (incoming) => isBatch(incoming) && messagesOf(incoming).length === 0,
      () => respond(202),
    ),
  },
];
