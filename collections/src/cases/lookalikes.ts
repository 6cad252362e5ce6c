import { defineCase, page } from '../lib/definition.ts';

const ERRORS = page('basic/utilities/cancellation', 'error-handling');
const NOTIFICATIONS = page('basic', 'notifications');
const RESPONSES = page('basic', 'responses');

export const cancelRequest = defineCase({
  id: 'L-BAD-10',
  name: 'A cancel with an id of its own',
  description: `A notification has no id; with one, \`notifications/cancelled\` is a request for a method that does not exist. It is answered with an error under that id, most often \`-32601\`, and cancels nothing. What would be wrong: a request that is never answered, or a call that is stopped by it.`,
  checks: {
    answered: { level: 'DERIVED', text: 'answer it with an error under its id', spec: RESPONSES },
    untouched: { level: 'DERIVED', text: 'let the call that it names finish', spec: NOTIFICATIONS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      request: (id) => ({
        jsonrpc: '2.0',
        id: 901,
        method: 'notifications/cancelled',
        params: { requestId: id },
      }),
    }),
  after: (t, { inputs, alive }) => {
    const input = inputs.request;
    const told = input
      ? `${input.taken.told}${input.code === null ? '' : `, error ${input.code}`}`
      : 'nothing';
    t.check('answered', input !== undefined && input.code !== null, 'a JSON-RPC error with its id', told);
    t.checkFinished('untouched', input?.end);
    t.checkAlive('alive', alive);
  },
});

export const dollarNotification = defineCase({
  id: 'L-BAD-11',
  name: '$/cancelRequest as a notification',
  description: `The Language Server Protocol cancels with \`$/cancelRequest\`. MCP does not know the method; a server may ignore it like any unknown notification, or honour it as an extension. Which of the two is recorded.`,
  checks: {
    taken: { level: 'AMBIG', text: 'take $/cancelRequest gracefully', spec: NOTIFICATIONS },
    effect: { level: 'AMBIG', text: 'ignore it, or honour it as an extension', spec: NOTIFICATIONS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({ dollar: (id) => ({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } }) }),
  after: (t, { inputs, alive }) => {
    const input = inputs.dollar;
    t.checkTaken('taken', input?.taken);
    const finished = input?.end.finished === true;
    t.check(
      'effect',
      finished,
      'either',
      finished ? 'ignored' : `honoured as an extension: ${input?.end.told}`,
    );
    t.checkAlive('alive', alive);
  },
});

export const dollarRequest = defineCase({
  id: 'L-BAD-12',
  name: '$/cancelRequest as a request',
  description: `With an id, \`$/cancelRequest\` is a request, and every request is answered. No revision of MCP has this method: \`-32601\`. What would be wrong: a client that waits for ever for an answer.`,
  checks: {
    answered: { level: 'MUST', text: 'answer with -32601, method not found', spec: RESPONSES },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) => {
    const { id, exchange } = t.session.request('request', '$/cancelRequest', { id: 31337 });
    const reply = await t.clock.within(exchange.ended, t.settings.settleMs);
    const answer = reply ? reply.messages.filter((message) => message.id === id)[0] : undefined;
    return {
      code: answer?.error ? answer.error.code : null,
      told: !reply
        ? 'no answer'
        : answer
          ? JSON.stringify(answer)
          : `HTTP ${reply.status}, no answer with its id`,
      alive: await t.session.ping(),
    };
  },
  after: (t, { code, told, alive }) => {
    t.check('answered', code === -32601, 'error -32601', told);
    t.checkAlive('alive', alive);
  },
});

export const lookalikes = defineCase({
  id: 'L-BAD-13',
  name: 'Methods that look like a cancel',
  description: `Three notifications name a running call each, under methods that no revision has: \`notifications/canceled\` with one l, \`cancelled\`, and \`cancel\`. None of them has any effect. What would be wrong: a server that cancels on anything that contains the word.`,
  checks: {
    canceled: { level: 'DERIVED', text: 'ignore notifications/canceled', spec: ERRORS },
    cancelled: { level: 'DERIVED', text: 'ignore cancelled', spec: ERRORS },
    cancel: { level: 'DERIVED', text: 'ignore cancel', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      canceled: (id) => ({ jsonrpc: '2.0', method: 'notifications/canceled', params: { requestId: id } }),
      cancelled: (id) => ({ jsonrpc: '2.0', method: 'cancelled', params: { requestId: id } }),
      cancel: (id) => ({ jsonrpc: '2.0', method: 'cancel', params: { requestId: id } }),
    }),
  after: (t, { inputs, alive }) => {
    for (const key of ['canceled', 'cancelled', 'cancel']) t.checkIgnored(key, inputs[key]);
    t.checkAlive('alive', alive);
  },
});

export const initializeCancelled = defineCase({
  id: 'L-INIT-1',
  name: 'A cancel of initialize',
  description: `The handshake is over; a cancel names the id of its \`initialize\`. A client must not send that, and a server that gets it all the same ignores it: the request was answered long ago. The session, and the call that runs in it, live on. What would be wrong: a session that ends because its first request was cancelled.`,
  checks: {
    taken: {
      level: 'MUST',
      text: 'take it gracefully',
      spec: page('basic/utilities/cancellation', 'timing-considerations'),
    },
    untouched: { level: 'DERIVED', text: 'leave the running call alone', spec: ERRORS },
    alive: {
      level: 'MUST',
      text: 'go on serving the session',
      spec: page('basic/utilities/cancellation', 'timing-considerations'),
    },
  },
  before: async (t) => {
    const requestId = t.initializeId;
    return t.provoke({
      initialize: () => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }),
    });
  },
  after: (t, { inputs, alive }) => {
    t.checkTaken('taken', inputs.initialize?.taken);
    t.checkFinished('untouched', inputs.initialize?.end);
    t.checkAlive('alive', alive);
  },
});
