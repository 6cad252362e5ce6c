import { defineCase, page } from '../lib/definition.ts';

const SENDING = page('basic/transports', 'sending-messages-to-the-server');
const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements');

export const noEarlyEnd = defineCase({
  id: 'L-STR-2',
  name: 'A stream does not end before its response',
  description: `A call that nobody cancels, in a session that lives. Its stream does not end before the response was sent. Since 2025-11-25 a server may close the connection before, so that the client comes back for the rest; but only after an event with an id, and with the \`retry\` that says when. The tool that \`pollTool\` names makes the server do so.`,
  checks: {
    early: {
      level: { '2025-03-26': 'SHOULD', '2025-06-18': 'SHOULD', '2025-11-25': 'DERIVED' },
      text: 'not end the stream before the response',
      spec: SENDING,
    },
    retry: {
      level: { '2025-11-25': 'SHOULD' },
      text: 'send retry before it closes the connection',
      spec: SENDING,
    },
  },
  before: async (t) => {
    const slow = t.session.call('call', 'slow');
    t.showWitness(slow.key);
    const calls = t.settings.tools.poll ? [slow, t.session.call('poll', 'poll')] : [slow];
    const all = await t.readWhole(t.session, calls);
    return {
      // Before this revision, an id excused nothing.
      polling: t.session.state.revision === '2025-11-25',
      streams: all
        .filter(({ streamed }) => streamed)
        .map(({ reply, end, told }) => ({
          end,
          told,
          ids: t.eventIds(reply).length,
          retry: reply?.events.some(({ retry }) => retry !== undefined) === true,
        })),
    };
  },
  after: (t, { polling, streams }) => {
    const closed = streams.filter(({ end }) => end === 'early');
    // Of a connection that was cut, nothing tells what it had brought.
    const cut = streams.filter(({ end }) => end === 'broken');
    const bad = polling ? closed.filter(({ ids }) => ids === 0) : [...closed, ...cut];
    if (streams.length === 0) t.notApplicable('early', 'the target answers in JSON');
    else if (bad.length === 0 && cut.length > 0) t.notObserved('early', 'a connection was cut');
    else
      t.check(
        'early',
        bad.length === 0,
        polling
          ? 'the response before the end, or an event id to come back with'
          : 'the response before the end',
        streams
          .map(({ told, end, ids }) => (end === 'early' ? `${told}, after ${ids} event ids` : told))
          .join('; '),
      );
    const told = closed.every(({ retry }) => retry);
    if (closed.length > 0) t.check('retry', told, 'an event with retry', told ? 'retry was sent' : 'none');
    else
      t.notApplicable(
        'retry',
        t.settings.tools.poll
          ? 'the target closed no connection'
          : 'the target closed no connection (pollTool is empty)',
      );
  },
});

export const primed = defineCase({
  id: 'L-STR-6',
  name: 'A stream begins with an id to come back with',
  description: `Since 2025-11-25 the first event of a stream carries an id and no data, so that a client whose connection breaks at once knows where to go on. What would be wrong: a stream that can only be taken up again after its first message.`,
  checks: {
    primed: {
      level: { '2025-11-25': 'SHOULD' },
      text: 'begin the stream with an event that has an id and no data',
      spec: SENDING,
    },
  },
  before: async (t) => {
    const call = t.session.call('call', 'slow');
    t.showWitness(call.key);
    const [whole] = await t.readWhole(t.session, [call]);
    const { reply = null, streamed = false } = whole || {};
    return {
      streamed,
      read: reply !== null && reply.failure === null,
      first: reply ? reply.events[0] || null : null,
    };
  },
  after: (t, { streamed, first, read }) => {
    if (!streamed) return t.notApplicable('primed', 'the target answers in JSON');
    if (!read) return t.notObserved('primed', 'the stream could not be read');
    t.check(
      'primed',
      first !== null && first.id !== undefined && first.data === '',
      'an id and empty data',
      first
        ? `id ${first.id === undefined ? 'none' : JSON.stringify(first.id)}, data ${JSON.stringify(first.data.slice(0, 80))}`
        : 'no event',
    );
  },
});

export const cancelWhilePolling = defineCase({
  id: 'L-STR-7',
  name: 'A cancel while the client is away',
  description: `The server closes the connection of a call that runs, for the client to come back (polling). In the gap the client posts a cancel: the handler stops. When it comes back with \`Last-Event-ID\`, after the time that \`retry\` gave, it gets no result, and the stream ends.

The tool that makes the server close the connection is the one that \`pollTool\` names. What would be wrong: a cancel that needs an open connection to find its call, or a stream that stays open for a call that is over.`,
  checks: {
    stops: { level: { '2025-11-25': 'SHOULD' }, text: 'stop the handler', spec: BEHAVIOR },
    result: {
      level: { '2025-11-25': 'SHOULD' },
      text: 'bring no result when the client is back',
      spec: BEHAVIOR,
    },
    ends: {
      level: { '2025-11-25': 'SHOULD' },
      text: 'end the stream that the client came back to',
      spec: BEHAVIOR,
    },
  },
  before: async (t) => {
    if (!t.settings.tools.poll)
      t.notObserved(
        'the environment names no tool that lets the server close the connection (pollTool is empty)',
      );
    const session = t.session;
    const call = session.call('call', 'poll', { steps: t.endlessSteps });
    const closed = await t.clock.within(call.exchange.ended, t.settings.settleMs);
    if (!closed) return t.notObserved('pollTool did not make the server close the connection');
    const ids = t.eventIds(closed);
    const answered = closed.messages.some(({ id, method }) => id === call.id && method === undefined);
    const lastEventId = ids[ids.length - 1];
    if (answered || lastEventId === undefined)
      return t.notObserved(
        `pollTool did not make the server close the connection: ${closed.body.slice(0, 200)}`,
      );
    t.showWitness(call.key);
    const cancel = session.cancel(call.id, 'nobody waits');
    await t.take(cancel);
    const stop = await t.watch(session, call, cancel.sentMs);
    const retryMs = closed.events.reduce((last, { retry }) => (retry === undefined ? last : retry), 0);
    // A client must not come back before.
    await t.clock.sleep(Math.max(0, (call.exchange.endedMs || 0) + retryMs - t.clock.now()));
    const back = await t.resume(session, lastEventId);
    return {
      stop,
      ...back,
      result: back.messages.some(({ id, result }) => id === call.id && result !== undefined),
    };
  },
  after: (t, { stop, result, ended, told }) => {
    t.checkAtRest('stops', stop);
    t.check('result', !result, 'no result', told);
    t.check('ends', ended, 'the end of the stream, or a refusal', told);
  },
});
