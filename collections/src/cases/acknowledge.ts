import { defineCase, page } from '../lib/definition.ts';

const TRANSPORT = page('basic/transports', 'sending-messages-to-the-server');
const NOTIFICATIONS = page('basic', 'notifications');
const FLOW = page('basic/utilities/cancellation', 'cancellation-flow');

export const acknowledged = defineCase({
  id: 'L-ACK-1',
  name: 'The cancel is accepted with 202 and an empty body',
  description: `A slow call runs; beside it, on its own connection, the cancel is posted. The server accepts the notification: 202, and not one byte of body.

The 202 says only that the message was taken in. It says nothing about whether anything was stopped: a server that ignores every cancel answers 202 as well.`,
  checks: {
    status: { level: 'MUST', text: 'accept the cancel with 202', spec: TRANSPORT },
    empty: { level: 'MUST', text: 'send no body with the 202', spec: TRANSPORT },
  },
  before: async (t) => t.cancelInFlight(),
  after: (t, { accepted }) => {
    t.check('status', accepted.status === 202, 'HTTP 202', accepted.told);
    t.check(
      'empty',
      accepted.status > 0 && accepted.body === '',
      'an empty body',
      accepted.status > 0 ? JSON.stringify(accepted.body) : accepted.told,
    );
  },
});

export const notAnswered = defineCase({
  id: 'L-ACK-2',
  name: 'The cancel is not answered like a request',
  description: `A notification has no id, so there is nothing to answer. Whatever the response to the cancel's own POST holds, it is no JSON-RPC result, no JSON-RPC error with an id, and no stream.

What would be wrong: a server that treats the cancel as a request and answers it, or that opens an SSE stream for it, which then somebody has to end. (Where no response comes at all, there is nothing to look at; L-ACK-1 says so.)`,
  checks: {
    result: { level: 'MUST', text: 'send no result for the notification', spec: NOTIFICATIONS },
    error: { level: 'MUST', text: 'send no error with an id for the notification', spec: NOTIFICATIONS },
    stream: { level: 'MUST', text: 'open no stream for the notification', spec: TRANSPORT },
  },
  before: async (t) => t.cancelInFlight(),
  after: (t, { accepted }) => {
    const { status, body, messages, contentType, told } = accepted;
    if (status === 0) {
      for (const key of ['result', 'error', 'stream']) t.notObserved(key, told);
      return;
    }
    const observed = `${told}, ${contentType || 'no content type'}, ${body.trim() || 'empty body'}`;
    const named = messages.filter(({ id }) => id !== undefined && id !== null);
    t.check(
      'result',
      messages.every(({ result }) => result === undefined),
      'no result',
      observed,
    );
    t.check(
      'error',
      named.every(({ error }) => error === undefined),
      'no error with an id',
      observed,
    );
    t.check('stream', !/^text\/event-stream/i.test(contentType), 'no event stream', observed);
  },
});

export const refusal = defineCase({
  id: 'L-ACK-3',
  name: 'A cancel that is refused is refused as a notification',
  description: `Four cancels that a server may well refuse: without the session's id, with an id of no session, in a revision that does not exist, and with params that are a list. Each that is not accepted with 202 has an HTTP error status, and its body, if it has one, is no JSON-RPC response with an id: a notification has none that could be repeated. (\`"id": null\` is tolerated.) What would be wrong: a 200 that hides the refusal from every client that looks at the status, or a response under an id that nobody has asked with.`,
  checks: {
    status: { level: 'MUST', text: 'refuse a notification with an HTTP error status', spec: TRANSPORT },
    body: { level: 'MUST', text: 'send no JSON-RPC response with an id as the refusal', spec: TRANSPORT },
  },
  before: async (t) => {
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 77 } };
    const sent = [
      t.session.post('no session', cancel, { 'Mcp-Session-Id': null }),
      t.session.post('unknown', cancel, { 'Mcp-Session-Id': 'no-such-session' }),
      t.session.post('revision', cancel, { 'MCP-Protocol-Version': '1999-01-01' }),
      t.session.post('list', { ...cancel, params: [77] }),
    ];
    return Promise.all(sent.map((exchange) => t.take(exchange)));
  },
  after: (t, seen) => {
    const refused = seen.filter(({ status }) => status !== 202);
    if (refused.length === 0) t.notApplicable('status', 'the target refuses none of four odd cancels');
    else
      t.check(
        'status',
        refused.every(({ status }) => status >= 400),
        '4xx or 5xx wherever it is not 202',
        refused.map(({ told }) => told).join('; '),
      );
    const withBody = refused.filter(({ body }) => body !== '');
    if (withBody.length === 0) t.notApplicable('body', 'no refusal has a body');
    else
      t.check(
        'body',
        withBody.every(({ messages }) => messages.every(({ id }) => id === undefined || id === null)),
        'no JSON-RPC response with an id',
        withBody.map(({ told, body }) => `${told}: ${body.trim().slice(0, 120)}`).join('; '),
      );
  },
});

export const reasonOptional = defineCase({
  id: 'L-ACK-4',
  name: 'A reason is optional',
  description: `Four calls are cancelled: with an ordinary reason, with none, with an empty one, and with a long one beyond ASCII. The reason is for people and logs; what comes of the cancel is the same every time. What would be wrong: a server that needs a reason, that cuts a long one in the middle of a character, or that fails on it.`,
  checks: {
    absent: { level: 'DERIVED', text: 'take a cancel without a reason like any other', spec: FLOW },
    empty: { level: 'DERIVED', text: 'take an empty reason like any other', spec: FLOW },
    long: { level: 'DERIVED', text: 'take a long reason beyond ASCII like any other', spec: FLOW },
  },
  before: async (t) => {
    const long = 'Передумал ✋ 気が変わった '.repeat(100);
    const reasons = [{ reason: 'changed my mind' }, {}, { reason: '' }, { reason: long }];
    return t.cancelEach(reasons.map((params) => ({ params })));
  },
  after: (t, seen) => {
    const outcomes = seen.map((one) => t.outcome(one));
    const [usual = ''] = outcomes;
    for (const [i, key] of ['absent', 'empty', 'long'].entries())
      t.check(
        key,
        outcomes[i + 1] === usual,
        `as with an ordinary reason: ${usual}`,
        String(outcomes[i + 1]),
      );
  },
});

export const extraParams = defineCase({
  id: 'L-ACK-5',
  name: 'Further params change nothing',
  description: `Three calls are cancelled: plainly, with \`_meta\`, and with a parameter that no revision knows. Params may carry more than a server knows; what comes of the cancel is the same every time. What would be wrong: a strict schema that refuses the cancel because of something it could have passed over.`,
  checks: {
    meta: {
      level: 'DERIVED',
      text: 'take a cancel with _meta like any other',
      spec: NOTIFICATIONS,
    },
    extra: { level: 'DERIVED', text: 'take a cancel with an unknown parameter like any other', spec: FLOW },
  },
  before: async (t) => {
    const further = [
      {},
      { _meta: { 'com.example/trace': 'abc', n: 1 } },
      { priority: 'high', nested: { a: [1] } },
    ];
    return t.cancelEach(further.map((params) => ({ params: { reason: 'changed my mind', ...params } })));
  },
  after: (t, seen) => {
    const outcomes = seen.map((one) => t.outcome(one));
    const [usual = ''] = outcomes;
    for (const [i, key] of ['meta', 'extra'].entries())
      t.check(key, outcomes[i + 1] === usual, `as with a plain cancel: ${usual}`, String(outcomes[i + 1]));
  },
});
