/** Broken where what is cancelled is no tool, or waits for its client. */

import type { CallId, CallRecord } from '../tools/tool.ts';
import {
  type Incoming,
  isAnswer,
  isCall,
  keyIn,
  type Layer,
  messagesOf,
  namedBy,
  respond,
} from './exchange.ts';
import type { Fault } from './fault.ts';
import { deafTo, handling } from './handlers.ts';
import { instead, layers, mapping, runningCall } from './layers.ts';

/** Accepts the cancels of certain calls, and does nothing. */
const ignoring = (ignored: (call: Readonly<CallRecord>) => boolean): Layer =>
  instead(
    (incoming, core) => {
      const call = runningCall(incoming, core);
      return call !== undefined && ignored(call);
    },
    () => respond(202),
  );

/**
 * Keeps from the server what its client answers to certain of its questions.
 *
 * @param status what the client is told
 * @param learn given what is to be called with the id of such a question, and a request of its session
 */
function withholding(
  status: number,
  learn: (forget: (incoming: Incoming, question: CallId | undefined) => void) => Layer,
): Layer {
  return (next, core) => {
    const forgotten = new Set<string>();
    const withhold = instead(
      (incoming) =>
        messagesOf(incoming).some(
          (message) => isAnswer(message) && forgotten.has(keyIn(incoming, message.id)),
        ),
      () => respond(status),
    );
    const learning = learn((incoming, question) => forgotten.add(keyIn(incoming, question)));
    return layers(withhold, learning)(next, core);
  };
}

export const beyondTools: readonly Fault[] = [
  {
    name: 'cancels-only-tools',
    what: 'ignores the cancel of a prompt, a resource or a completion',
    turns: { 'L-EFF-9': { prompt: 'warn', resource: 'warn', completion: 'warn' } },
    layer: ignoring(({ tool }) => /^slow(_prompt|:)/.test(tool)),
  },
  {
    name: 'no-cancel-while-asking',
    what: 'ignores the cancel of a call that waits for its client',
    turns: {
      'L-EFF-10': { stops: 'warn', ends: 'warn', withdrawn: 'not observed', late: 'not observed' },
    },
    layer: ignoring(({ tool }) => tool === 'ask'),
  },
  {
    name: 'asks-on',
    what: 'answers a cancelled call that waits for its client, and lets it wait on',
    turns: { 'L-EFF-10': { stops: 'warn', withdrawn: 'note', late: 'warn' } },
    offer: handling(['ask'], (handler) => (args, call, caller) => handler(args, deafTo(call), caller)),
  },
  {
    name: 'refuses-late-answer',
    what: 'refuses the answer to a question that it has withdrawn',
    turns: { 'L-EFF-10': { late: 'warn' } },
    layer: withholding(400, (forget) =>
      mapping(
        (incoming) => isCall(incoming, 'ask'),
        (message, incoming) => {
          if (message.method === 'notifications/cancelled') forget(incoming, message.params.requestId);
          return message;
        },
      ),
    ),
  },
  {
    name: 'forgets-its-question',
    what: 'takes the id in a cancel for that of a question of its own, and forgets the question',
    turns: { 'L-EFF-11': { waits: 'warn' } },
    layer: withholding(202, (forget) => (next) => (incoming) => {
      forget(incoming, namedBy(incoming));
      return next(incoming);
    }),
  },
];
