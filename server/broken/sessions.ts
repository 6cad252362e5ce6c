/** Broken where a cancel meets a session: its headers, its end, the calls of other sessions. */

import { setTimeout } from 'node:timers/promises';
import type { App } from '../app.ts';
import type { CallId } from '../tools/tool.ts';
import {
  type Handle,
  type Incoming,
  isCall,
  isCancel,
  type Layer,
  namedBy,
  naming,
  type Outgoing,
  refuse,
  respond,
  tellsCancel,
  withHeaders,
} from './exchange.ts';
import type { Fault } from './fault.ts';
import { handling, seenAs, untilCancelled } from './handlers.ts';
import { after, instead, mapping, runningCall, sessionOf } from './layers.ts';

/** The reason that the core gives when it cancels a call because its session ends. */
const BY_DELETE = /DELETE/;

const REVISION = 'mcp-protocol-version';

const isDelete = ({ method }: Incoming) => method === 'DELETE';

/** Cancels the named call of the oldest session that has one, or of each. */
type CancelAnywhere = (id: CallId | undefined, which?: 'oldest' | 'each') => void;

/** Handles cancels by someone who knows the calls of all sessions. */
function acrossSessions(
  handle: (incoming: Incoming, next: Handle, cancel: CancelAnywhere) => Promise<Outgoing>,
): Layer {
  return (next, core) => {
    const opened = new Set<string>();
    const cancel: CancelAnywhere = (id, which = 'each') => {
      const having = [...opened]
        .flatMap((session) => core.sessions.find(session)?.calls ?? [])
        .filter((calls) => calls.has(id));
      for (const calls of which === 'oldest' ? having.slice(0, 1) : having) calls.cancel(id as CallId, null);
    };
    return async (incoming) => {
      if (isCancel(incoming)) return handle(incoming, next, cancel);
      const outgoing = await next(incoming);
      const id = outgoing.headers['mcp-session-id'];
      if (typeof id === 'string') opened.add(id);
      return outgoing;
    };
  };
}

/** Answers otherwise where there is a session's name, but no such session. */
const withoutSession = (when: (incoming: Incoming) => boolean, answer: (incoming: Incoming) => Outgoing) =>
  instead(
    (incoming: Incoming, core: App) =>
      incoming.sessionId !== undefined && !sessionOf(incoming, core) && when(incoming),
    answer,
  );

/** Does not see a header where its value is like that. */
const blindTo = (name: string, value: RegExp) =>
  instead(
    ({ headers }) => value.test(String(headers[name] ?? '')),
    (incoming, next) => next(withHeaders(incoming, { [name]: undefined })),
  );

/** Handles cancels without the revision header otherwise. */
const withoutRevision = (answer: (incoming: Incoming) => Outgoing) =>
  instead((incoming) => isCancel(incoming) && incoming.headers[REVISION] === undefined, answer);

export const sessions: readonly Fault[] = [
  {
    name: 'cancels-without-session',
    what: 'takes a cancel without a session for one of any session',
    turns: { 'L-SES-1': { status: 'warn', untouched: 'warn' } },
    layer: acrossSessions(async (incoming, next, cancel) => {
      if (incoming.sessionId !== undefined) return next(incoming);
      cancel(namedBy(incoming));
      return respond(202);
    }),
  },
  {
    name: 'obeys-then-refuses',
    what: 'obeys a cancel before it looks at the headers that make it refuse it',
    turns: {
      'L-SES-1': { untouched: 'warn' },
      'L-SES-3': { untouched: 'warn' },
      'L-SES-11': { untouched: 'warn' },
      'L-SES-13': { untouched: 'warn' },
    },
    layer: acrossSessions(async (incoming, next, cancel) => {
      const outgoing = await next(incoming);
      if (outgoing.status >= 400) cancel(namedBy(incoming));
      return outgoing;
    }),
  },
  {
    name: 'no-session-202',
    what: 'accepts a cancel in a session that is no more, or never was',
    turns: { 'L-SES-2': { status: 'fail' }, 'L-SES-3': { status: 'warn' }, 'L-SES-7': { cancel: 'fail' } },
    layer: withoutSession(isCancel, () => respond(202)),
  },
  {
    name: 'no-session-400',
    what: 'answers 400 in a session that is no more',
    turns: { 'L-SES-2': { status: 'fail' }, 'L-SES-7': { post: 'fail', cancel: 'fail', get: 'fail' } },
    layer: withoutSession(
      () => true,
      (incoming) => refuse(incoming, -32000, 'No valid session ID provided', 400),
    ),
  },
  {
    name: 'cancels-across-sessions',
    what: 'cancels the call in every session that has one with that id',
    turns: { 'L-SES-4': { untouched: 'warn' }, 'L-SES-5': { other: 'warn' } },
    layer: acrossSessions(async (incoming, next, cancel) => {
      const outgoing = await next(incoming);
      if (outgoing.status === 202) cancel(namedBy(incoming));
      return outgoing;
    }),
  },
  {
    name: 'cancels-in-oldest-session',
    what: 'cancels the call in the oldest session that has one with that id',
    turns: { 'L-SES-4': { untouched: 'warn' }, 'L-SES-5': { own: 'warn', other: 'warn' } },
    layer: acrossSessions(async (incoming, next, cancel) => {
      const outgoing = await next(naming(incoming, 'nobody'));
      if (outgoing.status === 202) cancel(namedBy(incoming), 'oldest');
      return outgoing;
    }),
  },
  {
    name: 'foreign-cancel-500',
    what: 'breaks on a cancel in a session that has no call with that id',
    turns: { 'L-SES-4': { accepted: 'warn' } },
    layer: instead(
      (incoming, core) =>
        isCancel(incoming) && sessionOf(incoming, core) !== undefined && !runningCall(incoming, core),
      () => respond(500),
    ),
  },
  {
    name: 'handlers-outlive-session',
    what: 'lets handlers work on when their session is ended',
    turns: { 'L-SES-8': { stops: 'warn' } },
    offer: handling(['slow'], (handler) => (args, call, caller) => {
      const own = new AbortController();
      void untilCancelled(call).then(() => BY_DELETE.test(call.record.reason ?? '') || own.abort());
      return handler(args, seenAs(call, { signal: own.signal }), caller);
    }),
  },
  {
    name: 'streams-outlive-session',
    what: 'ends the stream of a call 2.5 s after its session',
    turns: { 'L-SES-8': { ends: 'warn' } },
    // In the newest revision it may.
    revision: '2025-06-18',
    layer: mapping(
      (incoming) => isCall(incoming, 'slow'),
      (message) =>
        tellsCancel(message) && BY_DELETE.test(message.error.data.reason)
          ? setTimeout(2500, message)
          : message,
    ),
  },
  {
    name: 'cancel-breaks-on-delete',
    what: 'breaks on a cancel whose session is ended while it is handled',
    turns: { 'L-SES-9': { cancel: 'fail' } },
    layer: after(
      (incoming, core) => runningCall(incoming, core) !== undefined,
      async (outgoing, incoming, core) => {
        await setTimeout(200);
        return sessionOf(incoming, core) ? outgoing : respond(500);
      },
    ),
  },
  {
    name: 'delete-breaks-on-cancel',
    what: 'breaks on the DELETE of a session in which a call was cancelled',
    turns: { 'L-SES-9': { delete: 'fail' } },
    layer: (next, core) => {
      const cancelled = new Set<unknown>();
      return async (incoming) => {
        if (runningCall(incoming, core)) cancelled.add(incoming.sessionId);
        const outgoing = await next(incoming);
        return isDelete(incoming) && cancelled.has(incoming.sessionId) ? respond(500) : outgoing;
      };
    },
  },
  {
    name: 'takes-any-date',
    what: 'takes any date for a revision',
    turns: { 'L-SES-11': { date: 'fail', untouched: 'warn' } },
    layer: blindTo(REVISION, /^\d{4}-\d\d-\d\d$/),
  },
  {
    name: 'takes-any-word',
    what: 'takes any word for a revision',
    turns: { 'L-SES-11': { word: 'fail', untouched: 'warn' } },
    layer: blindTo(REVISION, /^\w+$/),
  },
  {
    name: 'no-revision-400',
    what: 'refuses a cancel without the revision header',
    turns: { 'L-SES-12': { accepted: 'warn', stops: 'warn' } },
    layer: withoutRevision((incoming) => refuse(incoming, -32000, 'No MCP-Protocol-Version header', 400)),
  },
  {
    name: 'no-revision-ignored',
    what: 'accepts a cancel without the revision header, and does nothing',
    turns: { 'L-SES-12': { stops: 'warn' } },
    layer: withoutRevision(() => respond(202)),
  },
  {
    name: 'takes-any-origin',
    what: 'never looks at Origin',
    turns: { 'L-SES-13': { refused: 'fail', status: 'fail', untouched: 'warn' } },
    layer: blindTo('origin', /./),
  },
  {
    name: 'foreign-origin-400',
    what: 'refuses a foreign Origin with 400',
    turns: { 'L-SES-13': { status: 'fail' } },
    layer: after(
      ({ headers }) => headers.origin !== undefined,
      (outgoing) => ({ ...outgoing, status: 400 }),
    ),
  },
  // Nothing is broken in these: what a server need not offer is not to be held against it.
  {
    name: 'no-delete',
    what: 'does not let clients end their sessions',
    turns: {
      'L-SES-2': { status: 'not applicable' },
      'L-SES-7': {
        answered: 'note',
        post: 'not applicable',
        cancel: 'not applicable',
        get: 'not applicable',
      },
      'L-SES-8': { ends: 'not applicable', stops: 'not applicable' },
      'L-SES-9': { cancel: 'not applicable', delete: 'not applicable' },
    },
    layer: instead(isDelete, () => respond(405)),
  },
  {
    name: 'no-get',
    what: 'offers no stream by GET',
    turns: { 'L-SES-7': { get: 'not applicable' } },
    layer: instead(
      ({ method }) => method === 'GET',
      () => respond(405),
    ),
  },
];
