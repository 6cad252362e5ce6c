import { defineCase, page } from '../lib/definition.ts';

const BATCHING = page('basic', 'batching', '2025-03-26');
const SENDING = page('basic/transports', 'sending-messages-to-the-server', '2025-03-26');
const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements', '2025-03-26');

export const oneOfTwo = defineCase({
  id: 'L-BAT-1',
  name: 'Of two calls in a batch, one is cancelled',
  description: `One POST holds two calls; the first is cancelled while it runs. The other one is still answered on their common stream, and then the stream ends. What would be wrong: a server that ends the stream with the cancel, and loses the answer of the sibling; or one that waits for ever for an answer that will not come. (A server that refuses the batch fails in L-BAT-3.)`,
  checks: {
    sibling: { level: { '2025-03-26': 'DERIVED' }, text: 'answer the other call', spec: BATCHING },
    ends: { level: { '2025-03-26': 'DERIVED' }, text: 'end the exchange after that', spec: SENDING },
  },
  before: async (t) => {
    const session = t.session;
    const named = session.prepare('slow', { steps: t.endlessSteps });
    const sibling = session.prepare('slow', { steps: Math.ceil(300 / t.settings.intervalMs) });
    const exchange = session.post('batch', [named.message, sibling.message]);
    try {
      await t.untilRunning(session, { ...named, exchange });
    } catch (error) {
      if (!exchange.reply || exchange.reply.status < 400) throw error;
      t.notObserved(`the batch was refused with HTTP ${exchange.reply.status}`);
    }
    const cancel = await t.take(session.cancel(named.id, 'only this one'));
    t.showWitness(named.key);
    const end = await t.awaitEnd({ ...sibling, exchange });
    const ended = exchange.reply !== null;
    // A batch that is left open can be read when its session is ended.
    if (!ended) await session.end();
    return { ended, cancel, end: ended ? end : { ...end, finished: t.isResult(sibling.id, exchange.reply) } };
  },
  after: (t, { ended, cancel, end }) => {
    if (!ended && !end.finished)
      t.notObserved('sibling', 'the exchange was left open, and could not be read');
    else t.checkFinished('sibling', end);
    t.check(
      'ends',
      ended,
      'the end of the exchange',
      ended ? 'ended' : `left open (the cancel got ${cancel.told})`,
    );
  },
});

export const batchOfCancels = defineCase({
  id: 'L-BAT-2',
  name: 'Two cancels in a batch',
  description: `Two calls run, and one POST holds the cancels of both. A body of notifications alone is accepted with 202, and both calls stop. What would be wrong: a server that takes the first of them, or answers a batch that asks for nothing.`,
  checks: {
    status: {
      level: { '2025-03-26': 'MUST' },
      text: 'accept a batch of notifications with 202',
      spec: SENDING,
    },
    first: { level: { '2025-03-26': 'SHOULD' }, text: 'stop the first call', spec: BEHAVIOR },
    second: { level: { '2025-03-26': 'SHOULD' }, text: 'stop the second call', spec: BEHAVIOR },
  },
  before: async (t) => {
    const session = t.session;
    const calls = [1, 2].map((number) => session.call(`call ${number}`, 'slow', { steps: t.endlessSteps }));
    await Promise.all(calls.map((call) => t.untilRunning(session, call)));
    const batch = session.post(
      'batch',
      calls.map(({ id }) => ({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: id },
      })),
    );
    return Promise.all(calls.map((call) => t.cancelAndWatch(session, call, () => batch)));
  },
  after: (t, [first, second]) => {
    const accepted = first?.accepted;
    t.check('status', accepted?.status === 202, 'HTTP 202', accepted ? accepted.told : 'nothing');
    t.checkStopped('first', first);
    t.checkStopped('second', second);
  },
});

export const callAndCancel = defineCase({
  id: 'L-BAT-3',
  name: 'A call and its cancel in one batch',
  description: `One POST holds a call and, behind it, its cancel. That is odd, and legal, as a server of this revision takes batches: it is not refused, the call is answered at most once, and the session lives on. Which of the two comes first is up to the server. What would be wrong: two answers for one call, or a session that ends.`,
  checks: {
    received: { level: { '2025-03-26': 'MUST' }, text: 'receive a batch', spec: BATCHING },
    once: { level: { '2025-03-26': 'MUST' }, text: 'send at most one response for the call', spec: BATCHING },
    alive: { level: { '2025-03-26': 'MUST' }, text: 'go on serving the session', spec: BATCHING },
  },
  before: async (t) => {
    const session = t.session;
    const { id, key, message } = session.prepare('slow');
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } };
    const exchange = session.post('batch', [message, cancel]);
    await t.clock.within(exchange.ended, t.settings.settleMs);
    const alive = await session.ping();
    t.showWitness(key);
    // A batch that is left open can be read when its session is ended.
    if (!exchange.reply) await session.end();
    const { reply } = exchange;
    return {
      alive,
      status: reply ? reply.status : 0,
      responses: reply ? reply.messages.filter((one) => one.id === id && one.method === undefined).length : 0,
      told: !reply ? 'left open' : reply.failure ? `no response (${reply.failure})` : `HTTP ${reply.status}`,
    };
  },
  after: (t, { alive, status, responses, told }) => {
    if (status === 0) for (const key of ['received', 'once']) t.notObserved(key, told);
    else {
      t.check('received', status < 400, 'no HTTP error', told);
      t.check('once', responses <= 1, 'at most one', `${responses}; ${told}`);
    }
    t.checkAlive('alive', alive);
  },
});

const SINGLE = page('basic/transports', 'sending-messages-to-the-server');

export const noBatches = defineCase({
  id: 'L-BAT-5',
  name: 'No batches since 2025-06-18',
  description: `Batches were in revision 2025-03-26 only; since then the body of a POST is a single message. A list of requests, a list of notifications and an empty list are refused with an HTTP error, and the call that the cancel in the list names goes on to its result. What would be wrong: a server that lets its SDK take lists in every revision.`,
  checks: {
    requests: {
      level: { '2025-06-18': 'MUST', '2025-11-25': 'MUST' },
      text: 'refuse a list of requests',
      spec: SINGLE,
    },
    cancels: {
      level: { '2025-06-18': 'MUST', '2025-11-25': 'MUST' },
      text: 'refuse a list of cancels',
      spec: SINGLE,
    },
    empty: {
      level: { '2025-06-18': 'MUST', '2025-11-25': 'MUST' },
      text: 'refuse an empty list',
      spec: SINGLE,
    },
    untouched: {
      level: { '2025-06-18': 'DERIVED', '2025-11-25': 'DERIVED' },
      text: 'let the call finish that a cancel in a list names',
      spec: SINGLE,
    },
  },
  before: async (t) =>
    t.provoke({
      requests: () => [
        { jsonrpc: '2.0', id: 801, method: 'ping' },
        { jsonrpc: '2.0', id: 802, method: 'ping' },
      ],
      cancels: (requestId) => [{ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }],
      empty: () => [],
    }),
  after: (t, { inputs }) => {
    for (const key of ['requests', 'cancels', 'empty']) {
      const taken = inputs[key]?.taken;
      t.check(
        key,
        taken !== undefined && taken.status >= 400,
        'an HTTP error',
        taken ? taken.told : 'nothing',
      );
    }
    t.checkFinished('untouched', inputs.cancels?.end);
  },
});
