import { defineCase, page } from '../lib/definition.ts';

const SENDING = page('basic/transports', 'sending-messages-to-the-server');
const LISTENING = page('basic/transports', 'listening-for-messages-from-the-server');
const MULTIPLE = page('basic/transports', 'multiple-connections');
const RESUMING = page('basic/transports', 'resumability-and-redelivery');
const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements');

export const streamEnds = defineCase({
  id: 'L-STR-1',
  name: 'Left alone, a stream brings the response and ends',
  description: `A call that nobody cancels. Its stream brings the response, and then it ends. Without this one, a server that never ends any stream would look like one that only forgets those of cancelled calls.`,
  checks: {
    response: { level: 'SHOULD', text: 'bring the response on the stream of its request', spec: SENDING },
    ends: { level: 'SHOULD', text: 'end the stream after the response', spec: SENDING },
  },
  before: async (t) => {
    const call = t.session.call('call', 'slow');
    t.showWitness(call.key);
    await t.awaitEnd(call);
    const ended = call.exchange.reply !== null && call.exchange.reply.hungUp === null;
    // A stream that is left open can be read when its session is ended.
    if (!call.exchange.reply) await t.session.end();
    const { reply } = call.exchange;
    const streamed = reply === null || /^text\/event-stream/i.test(reply.contentType);
    return {
      streamed,
      ended,
      result: t.isResult(call.id, reply),
      told: reply ? `HTTP ${reply.status}` : 'left open',
    };
  },
  after: (t, { streamed, ended, result, told }) => {
    if (!streamed) {
      for (const key of ['response', 'ends']) t.notApplicable(key, 'the target answers in JSON');
      return;
    }
    if (!ended && !result) t.notObserved('response', 'the stream was left open, and could not be read');
    else t.check('response', result, 'its result', result ? 'a result' : `${told}, and no result`);
    t.check('ends', ended, 'the end of the stream', ended ? `${told}, ended` : 'left open');
  },
});

export const noEarlyEnd = defineCase({
  id: 'L-STR-2',
  name: 'A stream does not end before its response',
  description: `A call that nobody cancels, in a session that lives. Its stream does not end before the response was sent. Since 2025-11-25 a server may close the connection before, so that the client comes back for the rest; but only after an event with an id, and with the \`retry\` that says when. The tool that \`pollTool\` names makes the server do so.`,
  checks: {
    early: { level: 'SHOULD', text: 'not end the stream before the response', spec: SENDING },
    retry: {
      level: { '2025-11-25': 'SHOULD' },
      text: 'send retry before it closes the connection',
      spec: SENDING,
    },
  },
  before: async (t) => {
    const read = async (call: ReturnType<typeof t.session.call>) => {
      await t.awaitEnd(call);
      const { reply } = call.exchange;
      return {
        streamed: reply !== null && /^text\/event-stream/i.test(reply.contentType),
        ended: reply !== null && reply.failure === null,
        answered: reply?.messages.some(({ id, method }) => id === call.id && method === undefined),
        ids: t.eventIds(reply).length,
        retry: reply?.events.some(({ retry }) => retry !== undefined),
        told: reply ? reply.body.slice(0, 200) : '',
      };
    };
    const slow = t.session.call('call', 'slow');
    t.showWitness(slow.key);
    const polled = t.settings.tools.poll ? t.session.call('poll', 'poll') : null;
    return { slow: await read(slow), polled: polled && (await read(polled)) };
  },
  after: (t, { slow, polled }) => {
    if (!slow.streamed && slow.ended) t.notApplicable('early', 'the target answers in JSON');
    else
      t.check(
        'early',
        slow.answered || !slow.ended || slow.ids > 0,
        'the response before the end, or an event id to come back with',
        !slow.ended
          ? 'left open'
          : slow.answered
            ? 'the response, then the end'
            : `the end, after ${slow.ids} event ids`,
      );
    const closed = [slow, polled].filter((one) => one?.streamed === true && one.ended && !one.answered)[0];
    if (closed)
      t.check(
        'retry',
        closed.retry === true,
        'an event with retry',
        closed.retry ? 'retry was sent' : 'none',
      );
    else
      t.notApplicable(
        'retry',
        polled
          ? `the target closed no connection: ${polled.told}`
          : 'the target closed no connection (pollTool is empty)',
      );
  },
});

export const listenerHearsNoAnswers = defineCase({
  id: 'L-STR-3',
  name: 'No answer on the stream opened by GET',
  description: `The session's own stream is open while one call runs to its result and another one is cancelled. The answer of a request belongs on the exchange of that request; the other stream carries none, unless it resumes a broken one.`,
  checks: {
    completed: { level: 'MUST', text: 'not send the answer of a completed call there', spec: LISTENING },
    cancelled: { level: 'MUST', text: 'not send the answer of a cancelled call there', spec: LISTENING },
  },
  before: async (t) => {
    const session = t.session;
    const stream = t.listen(session);
    const { seen, ends } = await t.beside([{}, { steps: t.endlessSteps }], async ([first, second], own) => {
      const named = second as NonNullable<typeof second>;
      return { first: first?.id, cancelling: t.cancelAndWatch(own, named), same: own === session };
    });
    const cancelled = await seen.cancelling;
    if (!seen.same) throw new Error('the calls ran in another session than the one whose stream was opened');
    const [heard] = await t.hear(session, [stream]);
    const answers = (wanted: unknown) =>
      heard ? heard.messages.filter(({ id, method }) => id === wanted && method === undefined).length : 0;
    return {
      get: heard && { ...heard, messages: [] },
      completed: answers(seen.first),
      cancelled: answers(cancelled.id),
      end: ends[0],
    };
  },
  after: (t, { get, completed, cancelled }) => {
    for (const [key, answers] of [
      ['completed', completed],
      ['cancelled', cancelled],
    ] as const)
      if (!get?.offered) t.notApplicable(key, `the target offers no such stream: ${get ? get.told : ''}`);
      else if (answers === 0 && !get.ended) t.notObserved(key, `the stream was ${get.told}`);
      else t.check(key, answers === 0, 'no answer', `${answers} answers`);
  },
});

export const oneStreamEach = defineCase({
  id: 'L-STR-4',
  name: 'No message on two streams',
  description: `Two calls stream side by side, and the session's own stream is open as well. A message goes to one of them and is not repeated on another. Compared are messages that cannot be mistaken: progress, by its token and value, and answers, by their id.`,
  checks: {
    progress: { level: 'MUST', text: 'send each progress on one stream', spec: MULTIPLE },
    answers: { level: 'MUST', text: 'send each answer on one stream', spec: MULTIPLE },
  },
  before: async (t) => {
    const session = t.session;
    const stream = t.listen(session);
    const calls = [session.call('call 1', 'slow'), session.call('call 2', 'slow')];
    for (const call of calls) await t.awaitEnd(call);
    t.showWitness(calls[0] ? calls[0].key : '');
    const [heard] = await t.hear(session, [stream]);
    const replies = calls.map(({ exchange }) => exchange.reply);
    const streams = [...replies.map((reply) => (reply ? reply.messages : [])), heard ? heard.messages : []];
    const twice = (name: (message: (typeof streams)[number][number]) => string | null) => {
      const seen: Record<string, number> = {};
      const again: string[] = [];
      streams.forEach((messages, i) => {
        for (const message of messages) {
          const key = name(message);
          if (key === null) continue;
          if (seen[key] !== undefined && seen[key] !== i) again.push(key);
          seen[key] = i;
        }
      });
      return again;
    };
    return {
      streamed: replies.some((reply) => reply !== null && /^text\/event-stream/i.test(reply.contentType)),
      open: replies.some((reply) => reply === null),
      progress: twice(({ method, params }) =>
        method === 'notifications/progress' && params ? `${params.progressToken} ${params.progress}` : null,
      ),
      answers: twice(({ id, method }) =>
        id !== undefined && method === undefined ? JSON.stringify(id) : null,
      ),
    };
  },
  after: (t, { streamed, open, progress, answers }) => {
    for (const [key, again] of [
      ['progress', progress],
      ['answers', answers],
    ] as const)
      if (open) t.notObserved(key, 'a stream was left open, and could not be read');
      else if (!streamed) t.notApplicable(key, 'the target answers in JSON');
      else t.check(key, again.length === 0, 'none on two streams', again.slice(0, 5).join(', ') || 'none');
  },
});

export const uniqueEventIds = defineCase({
  id: 'L-STR-5',
  name: 'Event ids are unique in a session',
  description: `Two calls stream side by side. If their events carry ids, no id occurs twice, on one stream or on two: it has to tell the server which stream a client comes back to.`,
  checks: {
    unique: { level: 'MUST', text: 'give no event id twice', spec: RESUMING },
  },
  before: async (t) => {
    const calls = [t.session.call('call 1', 'slow'), t.session.call('call 2', 'slow')];
    for (const call of calls) await t.awaitEnd(call);
    t.showWitness(calls[0] ? calls[0].key : '');
    return calls.map(({ exchange }) => (exchange.reply ? t.eventIds(exchange.reply) : null));
  },
  after: (t, seen) => {
    if (seen.some((ids) => ids === null))
      return t.notObserved('unique', 'a stream was left open, and could not be read');
    const ids = seen.flatMap((one) => one || []);
    if (ids.length === 0) return t.notApplicable('unique', 'the events carry no ids');
    const again = ids.filter((id, i) => ids.indexOf(id) < i);
    t.check(
      'unique',
      again.length === 0,
      'none twice',
      `${ids.length} ids, ${again.length} of them again: ${again.slice(0, 3).join(', ')}`,
    );
  },
});

export const primed = defineCase({
  id: 'L-STR-6',
  name: 'A stream begins with an id to come back with',
  description: `Since 2025-11-25 the first event of a stream carries an id and no data, so that a client whose connection breaks at once knows where to go on.`,
  checks: {
    primed: {
      level: { '2025-11-25': 'SHOULD' },
      text: 'begin the stream with an event that has an id and no data',
      spec: SENDING,
    },
  },
  before: async (t) => {
    const call = t.session.call('call', 'slow');
    await t.awaitEnd(call);
    t.showWitness(call.key);
    const { reply } = call.exchange;
    return {
      streamed: reply === null || /^text\/event-stream/i.test(reply.contentType),
      first: reply ? reply.events[0] || null : null,
      read: reply !== null,
    };
  },
  after: (t, { streamed, first, read }) => {
    if (!streamed) return t.notApplicable('primed', 'the target answers in JSON');
    if (!read) return t.notObserved('primed', 'the stream was left open, and could not be read');
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

The tool that makes the server close the connection is the one that \`pollTool\` names.`,
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
