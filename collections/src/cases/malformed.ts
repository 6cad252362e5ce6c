import { defineCase, page } from '../lib/definition.ts';

const ERRORS = page('basic/utilities/cancellation', 'error-handling');

export const unknownId = defineCase({
  id: 'L-BAD-1',
  name: 'A cancel of an unknown id',
  description: `While calls run, two cancels name ids that nobody has used: a number and a string. They are ignored: 202, or an HTTP error that says so; never a JSON-RPC response, as nothing was asked. The running calls are not touched. What would be wrong: a server that breaks on an id it does not know, answers as if it had been asked, or stops something else.`,
  checks: {
    number: { level: 'SHOULD', text: 'ignore an unknown number', spec: ERRORS },
    string: { level: 'SHOULD', text: 'ignore an unknown string', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      number: () => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 987654321 } }),
      string: () => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'nobody' } }),
    }),
  after: (t, { inputs, alive }) => {
    for (const key of ['number', 'string']) t.checkIgnored(key, inputs[key]);
    t.checkAlive('alive', alive);
  },
});

export const noParams = defineCase({
  id: 'L-BAD-2',
  name: 'A cancel without params',
  description: `The cancel has no params at all, so it names no call. It is ignored, and the running call is not touched. What would be wrong: a 500, or a call that is stopped because nothing was named.`,
  checks: {
    absent: { level: 'SHOULD', text: 'ignore a cancel without params', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      absent: () => ({ jsonrpc: '2.0', method: 'notifications/cancelled' }),
    }),
  after: (t, { inputs, alive }) => {
    t.checkIgnored('absent', inputs.absent);
    t.checkAlive('alive', alive);
  },
});

export const emptyParams = defineCase({
  id: 'L-BAD-3',
  name: 'A cancel with empty params',
  description: `The cancel has params, and no id in them. (Revision 2025-11-25 makes the id optional in its schema, for tasks; for a request it still says nothing.) It is ignored, and the running call is not touched. What would be wrong: a server that takes \`undefined\` for "the call that runs".`,
  checks: {
    empty: { level: 'SHOULD', text: 'ignore a cancel without requestId', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      empty: () => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: {} }),
    }),
  after: (t, { inputs, alive }) => {
    t.checkIgnored('empty', inputs.empty);
    t.checkAlive('alive', alive);
  },
});

export const nullId = defineCase({
  id: 'L-BAD-4',
  name: 'A cancel of null',
  description: `An id is a string or an integer, never null. The cancel is ignored, and the running call is not touched. What would be wrong: a server for which null stands for every call, or for the last one.`,
  checks: {
    null: { level: 'SHOULD', text: 'ignore requestId null', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      null: () => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: null } }),
    }),
  after: (t, { inputs, alive }) => {
    t.checkIgnored('null', inputs.null);
    t.checkAlive('alive', alive);
  },
});

export const wrongIdType = defineCase({
  id: 'L-BAD-5',
  name: 'A cancel of something that is no id',
  description: `Four cancels name an object, an array that holds the id of a running call, a boolean, and a number half above the id of a running call. Each is ignored, while a call of its own runs beside it. What would be wrong: a server that makes text of whatever comes: \`String([7])\` is \`7\`, and \`parseInt(7.5)\` is \`7\`.`,
  checks: {
    object: { level: 'SHOULD', text: 'ignore an object as requestId', spec: ERRORS },
    array: { level: 'SHOULD', text: 'ignore an array that holds the id', spec: ERRORS },
    boolean: { level: 'SHOULD', text: 'ignore true as requestId', spec: ERRORS },
    fraction: { level: 'SHOULD', text: 'ignore a fraction as requestId', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      object: (id) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: { id } } }),
      array: (id) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: [id] } }),
      boolean: () => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: true } }),
      fraction: (id) => ({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: Number(id) + 0.5 },
      }),
    }),
  after: (t, { inputs, alive }) => {
    for (const key of ['object', 'array', 'boolean', 'fraction']) t.checkIgnored(key, inputs[key]);
    t.checkAlive('alive', alive);
  },
});

export const listParams = defineCase({
  id: 'L-BAD-6',
  name: 'A cancel with its params as a list',
  description: `JSON-RPC knows params as a list, MCP does not. The list holds the id of a running call; it is ignored all the same, or refused. What would be wrong: a server that breaks on the list, or takes its first element for the id.`,
  checks: {
    list: { level: 'SHOULD', text: 'ignore params that are a list', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      list: (id) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: [id] }),
    }),
  after: (t, { inputs, alive }) => {
    t.checkIgnored('list', inputs.list);
    t.checkAlive('alive', alive);
  },
});

export const oddReason = defineCase({
  id: 'L-BAD-7',
  name: 'A cancel whose reason is no text',
  description: `Two cancels name a running call each, and give a number and an object as the reason. They are malformed, and malformed cancels are to be ignored. A server that cancels all the same is lenient, which is why this is no more than a SHOULD. What would be wrong: a 500 from whoever writes the reason to a log.`,
  checks: {
    number: { level: 'SHOULD', text: 'ignore a cancel whose reason is a number', spec: ERRORS },
    object: { level: 'SHOULD', text: 'ignore a cancel whose reason is an object', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      number: (id) => ({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: id, reason: 42 },
      }),
      object: (id) => ({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: id, reason: { text: 'no' } },
      }),
    }),
  after: (t, { inputs, alive }) => {
    for (const key of ['number', 'object']) t.checkIgnored(key, inputs[key]);
    t.checkAlive('alive', alive);
  },
});

export const noJsonRpc = defineCase({
  id: 'L-BAD-8',
  name: 'A cancel that is no JSON-RPC 2.0',
  description: `Two cancels name a running call each; one has no \`jsonrpc\`, the other says \`1.0\`. Neither is a message of MCP: it is refused or ignored, and the running calls are not touched. What would be wrong: a server that only looks at the method.`,
  checks: {
    missing: { level: 'SHOULD', text: 'ignore a cancel without jsonrpc', spec: ERRORS },
    old: { level: 'SHOULD', text: 'ignore a cancel of JSON-RPC 1.0', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      missing: (id) => ({ method: 'notifications/cancelled', params: { requestId: id } }),
      old: (id) => ({ jsonrpc: '1.0', method: 'notifications/cancelled', params: { requestId: id } }),
    }),
  after: (t, { inputs, alive }) => {
    for (const key of ['missing', 'old']) t.checkIgnored(key, inputs[key]);
    t.checkAlive('alive', alive);
  },
});

export const noJson = defineCase({
  id: 'L-BAD-9',
  name: 'A cancel that is no JSON',
  description: `The body breaks off in the middle. It cannot be accepted, so it gets an HTTP error status, most often 400 with \`-32700\`; a 202 would claim that the server has understood. The running call is not touched. What would be wrong: a 202, a 200, or a session that ends with the broken message.`,
  checks: {
    refused: {
      level: 'MUST',
      text: 'refuse what is no JSON with an HTTP error status',
      spec: page('basic/transports', 'sending-messages-to-the-server'),
    },
    untouched: { level: 'SHOULD', text: 'leave the running call alone', spec: ERRORS },
    alive: { level: 'SHOULD', text: 'go on serving the session', spec: ERRORS },
  },
  before: async (t) =>
    t.provoke({
      broken: (id) =>
        `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${JSON.stringify(id)}`,
    }),
  after: (t, { inputs, alive }) => {
    const status = inputs.broken ? inputs.broken.taken.status : 0;
    t.check('refused', status >= 400, '4xx or 5xx', inputs.broken ? inputs.broken.taken.told : 'nothing');
    t.checkFinished('untouched', inputs.broken?.end);
    t.checkAlive('alive', alive);
  },
});
