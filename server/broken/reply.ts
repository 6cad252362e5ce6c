/** Broken where the exchange of a cancelled call should end. */

import { setTimeout } from 'node:timers/promises';
import { startAround } from './around.ts';
import { Cut, isAnswer, isCall, untilGone } from './exchange.ts';
import type { Fault } from './fault.ts';
import { notSoQuick } from './handlers.ts';
import { insteadOfError, layers, mapping } from './layers.ts';
import { Listeners } from './listeners.ts';

/** What L-EFF-3 says of a server that keeps silent. */
const NOT_ANSWERED = {
  once: 'not applicable',
  id: 'not applicable',
  code: 'not applicable',
  result: 'not applicable',
} as const;

export const reply: readonly Fault[] = [
  {
    name: 'leaves-open',
    what: 'stops, and never ends the exchange',
    collection: 'mcp-cancellation',
    turns: {
      'L-EFF-4': { ends: 'warn', soon: 'not applicable', reply: 'not applicable' },
      'L-EFF-7': { middle: 'not observed' },
      'L-RACE-7': { ends: 'warn' },
      'R-FILE-1': {
        logs: 'not observed',
        progress: 'not observed',
        reply: 'not observed',
        last: 'not observed',
        ends: 'warn',
      },
    },
    offer: notSoQuick,
    layer: insteadOfError((_message, incoming) => untilGone(incoming)),
  },
  {
    name: 'slow-to-end',
    what: 'stops, and ends the exchange 900 ms later',
    turns: { 'L-EFF-4': { soon: 'warn' }, 'R-FILE-1': { ends: 'warn' } },
    layer: insteadOfError((message) => setTimeout(900, message)),
  },
  {
    name: 'drops-connection',
    what: 'ends the exchange by cutting the connection, but for the file',
    collection: 'mcp-cancellation',
    turns: { 'L-EFF-4': { ends: 'warn', reply: 'warn' }, 'L-RACE-7': { ends: 'warn' } },
    offer: notSoQuick,
    layer: insteadOfError((message, incoming) => {
      if (isCall(incoming, 'process_large_file')) return message;
      throw new Cut();
    }),
  },
  {
    name: 'answers-nothing',
    what: 'ends the exchange without an answer',
    turns: {
      'L-EFF-2': { own: 'pass' },
      'L-EFF-3': NOT_ANSWERED,
      'L-EFF-4': { reply: 'warn' },
      'L-EFF-5': { own: 'not applicable' },
      'L-EFF-6': { log: 'not applicable', request: 'not applicable' },
      'R-FILE-1': { reply: 'warn' },
    },
    layer: insteadOfError(() => undefined),
  },
  {
    name: 'answers-with-result',
    what: 'ends the exchange with a result',
    turns: {
      'L-EFF-3': { code: 'not applicable', result: 'fail' },
      'L-EFF-4': { reply: 'warn' },
      'L-EFF-7': { middle: 'warn' },
      'R-FILE-1': { reply: 'warn' },
    },
    layer: insteadOfError(({ error: _, ...message }) => ({ ...message, result: { content: [] } })),
  },
  {
    name: 'answers-with-result-unwitnessed',
    what: 'does the same where no witness is named',
    turns: {
      'L-EFF-3': { code: 'not applicable', result: 'not observed' },
      'L-EFF-4': { reply: 'warn' },
      'L-EFF-7': { middle: 'warn' },
    },
    // How soon a file is being read can only be guessed then.
    variables: { stateTool: '', fileTool: '' },
    layer: insteadOfError(({ error: _, ...message }) => ({ ...message, result: { content: [] } })),
  },
  {
    name: 'error-without-reason',
    what: 'answers with an error that does not tell the reason',
    turns: { 'R-FILE-1': { reply: 'warn' } },
    layer: insteadOfError(({ error, ...message }) => ({ ...message, error: { ...error, data: {} } })),
  },
  {
    name: 'wrong-error-code',
    what: 'answers with an error that does not tell a cancel',
    turns: { 'R-FILE-1': { reply: 'warn' } },
    layer: insteadOfError(({ error, ...message }) => ({ ...message, error: { ...error, code: -32603 } })),
  },
  {
    name: 'progress-after-end',
    what: 'sends progress after the answer',
    turns: { 'L-EFF-5': { own: 'fail' }, 'R-FILE-1': { last: 'fail' } },
    layer: insteadOfError((message, { body }) => {
      const params = { progressToken: body.params._meta?.progressToken, progress: 1e6 };
      return [message, { jsonrpc: '2.0', method: 'notifications/progress', params }];
    }),
  },
  {
    name: 'answers-under-string-id',
    what: 'answers a call under its id as a string',
    collection: 'mcp-cancellation',
    turns: {
      'L-ID-2': { number: 'warn' },
      'L-RACE-5': { runs: 'warn' },
      'L-BAD-1': { number: 'warn', string: 'warn' },
      'L-EFF-4': { reply: 'warn' },
      'L-EFF-7': { first: 'warn', last: 'warn' },
      'L-EFF-8': { call: 'fail' },
    },
    layer: mapping(
      (incoming) => isCall(incoming, 'slow'),
      (message) => (isAnswer(message) ? { ...message, id: String(message.id) } : message),
    ),
  },
  {
    name: 'answers-cancelled',
    what: 'answers a cancelled call with an error, where it is to keep silent',
    turns: {
      'L-EFF-2': { own: 'warn', replay: 'warn' },
      'L-EFF-3': { once: 'pass', id: 'pass', code: 'pass', result: 'pass' },
      'L-EFF-4': { reply: 'warn' },
      'L-EFF-5': { own: 'pass' },
      'L-EFF-6': { log: 'pass', request: 'pass' },
      'R-FILE-1': { reply: 'warn' },
    },
    config: { cancelReply: 'none' },
    variables: { cancelReply: 'none' },
    start: (options) => startAround({}, options),
  },
  {
    name: 'leaks-answer-to-get',
    what: 'sends the answer of a cancelled call on the stream opened by GET as well',
    turns: { 'L-EFF-2': { get: 'warn' } },
    layer: (next, core) => {
      const listeners = new Listeners();
      const leak = insteadOfError((message, incoming) => {
        listeners.say(incoming, message);
        return message;
      });
      return layers(listeners.layer, leak)(next, core);
    },
  },
  {
    name: 'answers-error-and-result',
    what: 'answers with an error, and then with a result as well',
    turns: { 'L-EFF-3': { once: 'fail', result: 'fail' }, 'L-EFF-7': { middle: 'warn' } },
    layer: insteadOfError((message) => {
      const { error: _, ...head } = message;
      return [message, { ...head, result: { content: [] } }];
    }),
  },
  {
    name: 'answers-under-null-id',
    what: 'answers with an error that has lost the id of the call',
    turns: { 'L-EFF-2': { own: 'pass' }, 'L-EFF-3': { id: 'fail' }, 'L-EFF-4': { reply: 'warn' } },
    layer: insteadOfError((message) => ({ ...message, id: null }), 'slow'),
  },
  {
    name: 'error-code-as-text',
    what: 'answers with an error whose code is a word',
    turns: { 'L-EFF-3': { code: 'fail' } },
    layer: insteadOfError(({ error, ...message }) => ({
      ...message,
      error: { ...error, code: 'CANCELLED' },
    })),
  },
];
