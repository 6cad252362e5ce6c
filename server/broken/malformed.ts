/** Broken where a message names no call, or only looks like a cancel. */

import type { CallId } from '../tools/tool.ts';
import {
  asks,
  type Incoming,
  isCancel,
  type Json,
  type Layer,
  messagesOf,
  respond,
  withBody,
} from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, endingSession, instead, runningCall, sessionOf } from './layers.ts';

const CANCEL = 'notifications/cancelled';

/** What a server knows that speaks MCP and nothing else. */
const KNOWN = /^(initialize|ping|tools\/.+|logging\/setLevel|notifications\/(initialized|cancelled))$/;

const isId = (value: unknown) => typeof value === 'string' || Number.isInteger(value);

/** Whether it is a cancel that the schema does not allow. */
function isMalformed(incoming: Incoming): boolean {
  const { requestId, reason = '' } = incoming.body?.params ?? {};
  return isCancel(incoming) && !(isId(requestId) && typeof reason === 'string');
}

/** Whether it is something else than JSON-RPC 2.0. */
function isForeign({ method, body }: Incoming): boolean {
  return method === 'POST' && body?.jsonrpc !== '2.0';
}

/** Cancels the calls that are read out of a message, beside whatever the core makes of it. */
function reading(read: (message: Json, running: CallId[]) => CallId | CallId[] | undefined): Layer {
  return after(
    ({ method }) => method === 'POST',
    (outgoing, incoming, core) => {
      const calls = sessionOf(incoming, core)?.calls;
      const running = calls?.records.filter(({ tool }) => tool === 'slow').map(({ id }) => id) ?? [];
      for (const message of messagesOf(incoming)) {
        for (const id of [read(message, running) ?? []].flat()) calls?.cancel(id, null);
      }
      return outgoing;
    },
  );
}

export const malformed: readonly Fault[] = [
  {
    name: 'malformed-cancel-500',
    what: 'breaks on a cancel that the schema does not allow',
    turns: {
      'L-BAD-2': { absent: 'warn' },
      'L-BAD-3': { empty: 'warn' },
      'L-BAD-4': { null: 'warn' },
      'L-BAD-5': { object: 'warn', array: 'warn', boolean: 'warn', fraction: 'warn' },
      'L-BAD-6': { list: 'warn' },
      'L-BAD-7': { number: 'warn', object: 'warn' },
    },
    layer: instead(isMalformed, () => respond(500)),
  },
  {
    name: 'malformed-ends-session',
    what: 'ends the session on a message that the schema does not allow',
    turns: {
      'L-BAD-2': { absent: 'warn', alive: 'warn' },
      'L-BAD-3': { empty: 'warn', alive: 'warn' },
      'L-BAD-4': { null: 'warn', alive: 'warn' },
      'L-BAD-5': { object: 'warn', array: 'warn', boolean: 'warn', fraction: 'warn', alive: 'warn' },
      'L-BAD-6': { list: 'warn', alive: 'warn' },
      'L-BAD-7': { number: 'warn', object: 'warn', alive: 'warn' },
      'L-BAD-8': { missing: 'warn', old: 'warn', alive: 'warn' },
      'L-BAD-9': { untouched: 'warn', alive: 'warn' },
    },
    layer: endingSession((incoming) => isMalformed(incoming) || isForeign(incoming)),
  },
  {
    name: 'unknown-ends-session',
    what: 'ends the session on a method, or the id of a call, that it does not know',
    collection: 'conformance-2025',
    turns: {
      'L-BAD-1': { number: 'warn', string: 'warn', alive: 'warn' },
      'L-BAD-10': { untouched: 'warn', alive: 'warn' },
      'L-BAD-11': { alive: 'warn' },
      'L-BAD-12': { alive: 'warn' },
      'L-BAD-13': { canceled: 'warn', cancelled: 'warn', cancel: 'warn', alive: 'warn' },
    },
    layer: endingSession(
      (incoming, core) =>
        messagesOf(incoming).some(
          ({ id, method }) => !KNOWN.test(method) || (method === CANCEL && id !== undefined),
        ) ||
        (isCancel(incoming) && !isMalformed(incoming) && !runningCall(incoming, core)),
    ),
  },
  {
    name: 'cancels-all-unnamed',
    what: 'takes a cancel whose id is no text or number for one of every call',
    turns: {
      'L-BAD-2': { absent: 'warn' },
      'L-BAD-3': { empty: 'warn' },
      'L-BAD-4': { null: 'warn' },
      'L-BAD-5': { object: 'warn', array: 'warn', boolean: 'warn', fraction: 'warn' },
      'L-BAD-6': { list: 'warn' },
    },
    layer: reading(({ method, params }, running) =>
      method === CANCEL && !['string', 'number'].includes(typeof params?.requestId) ? running : undefined,
    ),
  },
  {
    name: 'parses-ids',
    what: 'makes a text and then an integer of whatever is named',
    turns: { 'L-BAD-5': { array: 'warn', fraction: 'warn' } },
    layer: reading(({ method, params }) =>
      method === CANCEL && !isId(params?.requestId)
        ? Number.parseInt(String(params?.requestId), 10)
        : undefined,
    ),
  },
  {
    name: 'takes-params-as-list',
    what: 'knows params by their place',
    turns: { 'L-BAD-6': { list: 'warn' } },
    layer: reading(({ method, params }) =>
      method === CANCEL && Array.isArray(params) ? params[0] : undefined,
    ),
  },
  {
    name: 'takes-any-reason',
    what: 'cancels although the reason is no text',
    turns: { 'L-BAD-7': { number: 'warn', object: 'warn' } },
    layer: reading(({ method, params }) =>
      method === CANCEL && typeof (params?.reason ?? '') !== 'string' ? params.requestId : undefined,
    ),
  },
  {
    name: 'takes-any-jsonrpc',
    what: 'does not look at the version of JSON-RPC',
    turns: { 'L-BAD-8': { missing: 'warn', old: 'warn' } },
    layer: instead(
      (incoming) => isForeign(incoming) && isCancel(incoming),
      (incoming, next) => next(withBody(incoming, { ...incoming.body, jsonrpc: '2.0' })),
    ),
  },
  {
    name: 'mends-json',
    what: 'closes the braces of a body that breaks off',
    turns: { 'L-BAD-9': { refused: 'fail', untouched: 'warn' } },
    layer: instead(
      ({ method, body }) => method === 'POST' && body === undefined,
      (incoming, next) => next(withBody(incoming, JSON.parse(`${incoming.text}}}`))),
    ),
  },
  {
    name: 'cancels-by-request',
    what: 'takes a cancel that has an id for a notification',
    turns: { 'L-BAD-10': { answered: 'warn', untouched: 'warn' } },
    layer: instead(
      (incoming) => isCancel(incoming) && incoming.body.id !== undefined,
      (incoming, next) => next(withBody(incoming, { ...incoming.body, id: undefined })),
    ),
  },
  {
    name: 'dollar-500',
    what: 'breaks on $/cancelRequest',
    turns: { 'L-BAD-11': { taken: 'note', effect: 'note' }, 'L-BAD-12': { answered: 'fail' } },
    layer: instead(
      (incoming) => asks(incoming, '$/cancelRequest'),
      () => respond(500),
    ),
  },
  {
    name: 'guesses-methods',
    what: 'cancels on every method that sounds like it',
    turns: { 'L-BAD-13': { canceled: 'warn', cancelled: 'warn', cancel: 'warn' } },
    layer: reading(({ id, method, params }) =>
      id === undefined && method !== CANCEL && /cancel(l?ed)?$/.test(method) ? params?.requestId : undefined,
    ),
  },
];
