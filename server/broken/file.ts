/** Broken in the lesson's tool, process_large_file. */

import { type Incoming, isAnswer, isCall, isCancel, type Json, withBody } from './exchange.ts';
import type { Fault } from './fault.ts';
import { instead, mapping } from './layers.ts';

const isFile = (incoming: Incoming) => isCall(incoming, 'process_large_file');

/** Changes the tool's result. */
const otherResult = (changes: Json) =>
  mapping(isFile, (message) =>
    message.result ? { ...message, result: { ...message.result, ...changes } } : message,
  );

export const file: readonly Fault[] = [
  {
    name: 'progress-not-rising',
    what: 'repeats its progress',
    turns: { 'R-FILE-1': { progress: 'fail' } },
    layer: mapping(isFile, ({ params, ...message }) =>
      isAnswer(message)
        ? message
        : { ...message, params: { ...params, ...(params.progress && { progress: 1 }) } },
    ),
  },
  {
    name: 'no-logs',
    what: 'logs nothing',
    turns: { 'R-FILE-1': { logs: 'warn' } },
    layer: mapping(isFile, (message) => (message.method === 'notifications/message' ? undefined : message)),
  },
  {
    name: 'forgets-reason',
    what: 'does not keep the reason',
    turns: { 'R-FILE-1': { reason: 'warn', reply: 'warn' } },
    layer: instead(isCancel, (incoming, next) => {
      const { requestId } = incoming.body.params;
      return next(withBody(incoming, { ...incoming.body, params: { requestId } }));
    }),
  },
  {
    name: 'file-without-text',
    what: 'does not say which file it has processed',
    turns: { 'R-FILE-2': { result: 'warn' } },
    layer: otherResult({ content: [{ type: 'text', text: 'done' }] }),
  },
  {
    name: 'file-without-counts',
    what: 'counts nothing in the file',
    turns: { 'R-FILE-2': { counts: 'warn' } },
    layer: otherResult({ structuredContent: { lines: 0, bytes: 0 } }),
  },
];
