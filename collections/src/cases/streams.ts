import { defineCase, page } from '../lib/definition.ts';

const SENDING = page('basic/transports', 'sending-messages-to-the-server');
const LISTENING = page('basic/transports', 'listening-for-messages-from-the-server');
const MULTIPLE = page('basic/transports', 'multiple-connections');
const RESUMING = page('basic/transports', 'resumability-and-redelivery');

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
    const [whole] = await t.readWhole(t.session, [call]);
    const { reply = null, ...seen } = whole || {};
    return { ...seen, read: reply !== null, result: t.isResult(call.id, reply) };
  },
  after: (t, { read, streamed, end, result, told }) => {
    if (!streamed) {
      for (const key of ['response', 'ends']) t.notApplicable(key, 'the target answers in JSON');
      return;
    }
    if (!read) t.notObserved('response', 'the stream was left open, and could not be read');
    else t.check('response', result, 'its result', result ? 'a result' : `no result; ${told}`);
    t.check('ends', end === 'answered' || end === 'early', 'the end of the stream', told || '');
  },
});

export const listenerHearsNoAnswers = defineCase({
  id: 'L-STR-3',
  name: 'No answer on the stream opened by GET',
  description: `The session's own stream is open while one call runs to its result and another one is cancelled. The answer of a request belongs on the exchange of that request; the other stream carries none, unless it resumes a broken one. What would be wrong: an answer that arrives twice, or where nobody waits for it.`,
  checks: {
    completed: { level: 'MUST', text: 'not send the answer of a completed call there', spec: LISTENING },
    cancelled: { level: 'MUST', text: 'not send the answer of a cancelled call there', spec: LISTENING },
  },
  before: async (t) => {
    const session = t.session;
    const stream = t.listen(session);
    // Nothing tells when it is open, as it can be read only when it has ended: what is sent later gives it time.
    await session.ping();
    const calls = [session.call('call 1', 'slow'), session.call('call 2', 'slow', { steps: t.endlessSteps })];
    const [first, second] = calls as [(typeof calls)[number], (typeof calls)[number]];
    await t.untilRunning(session, second);
    await Promise.all([t.awaitEnd(first), t.cancelAndWatch(session, second)]);
    const [heard] = await t.hear(session, [stream], calls);
    const answers = (wanted: unknown) =>
      heard ? heard.messages.filter(({ id, method }) => id === wanted && method === undefined).length : 0;
    return {
      get: heard && { ...heard, messages: [] },
      completed: answers(first.id),
      cancelled: answers(second.id),
    };
  },
  after: (t, { get, completed, cancelled }) => {
    for (const [key, answers] of [
      ['completed', completed],
      ['cancelled', cancelled],
    ] as const)
      if (!get?.offered) t.notApplicable(key, `the target offers no such stream: ${get ? get.told : ''}`);
      else if (answers === 0 && !get.read) t.notObserved(key, `the stream was ${get.told}`);
      else t.check(key, answers === 0, 'no answer', `${answers} answers`);
  },
});

export const oneStreamEach = defineCase({
  id: 'L-STR-4',
  name: 'No message on two streams',
  description: `Two calls stream side by side, and the session's own stream is open as well. A message goes to one of them and is not repeated on another. Compared are messages that cannot be mistaken: progress, by its token and value, and answers, by their id. What would be wrong: a broadcast, by which a client counts the same message twice.`,
  checks: {
    progress: { level: 'MUST', text: 'send each progress on one stream', spec: MULTIPLE },
    answers: { level: 'MUST', text: 'send each answer on one stream', spec: MULTIPLE },
  },
  before: async (t) => {
    const session = t.session;
    const stream = t.listen(session);
    // As in L-STR-3.
    await session.ping();
    const calls = [session.call('call 1', 'slow'), session.call('call 2', 'slow')];
    t.showWitness(calls[0] ? calls[0].key : '');
    const all = await t.readWhole(session, calls);
    const [heard] = await t.hear(session, [stream], calls);
    const read = all.flatMap(({ reply }) => (reply && reply.failure === null ? [reply] : []));
    const streams = [...read, ...(heard?.offered && heard.read ? [heard] : [])].map(
      ({ messages }) => messages,
    );
    const compare = (name: (message: (typeof streams)[number][number]) => string | null) => {
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
      return { count: Object.keys(seen).length, again };
    };
    return {
      streamed: all.some(({ streamed }) => streamed),
      unread: all.length - read.length,
      count: streams.length,
      progress: compare(({ method, params }) =>
        method === 'notifications/progress' && params ? `${params.progressToken} ${params.progress}` : null,
      ),
      answers: compare(({ id, method }) =>
        id !== undefined && method === undefined ? JSON.stringify(id) : null,
      ),
    };
  },
  after: (t, { streamed, unread, count, progress, answers }) => {
    for (const [key, { count: found, again }] of [
      ['progress', progress],
      ['answers', answers],
    ] as const)
      if (!streamed) t.notApplicable(key, 'the target answers in JSON');
      else if (found === 0 && unread === 0) t.notApplicable(key, `the streams brought no ${key}`);
      else if (again.length === 0 && unread > 0) t.notObserved(key, 'a stream could not be read');
      else
        t.check(
          key,
          again.length === 0,
          'none on two streams',
          `${again.slice(0, 5).join(', ') || 'none'}: ${found} compared on ${count} streams`,
        );
  },
});

export const uniqueEventIds = defineCase({
  id: 'L-STR-5',
  name: 'Event ids are unique in a session',
  description: `Two calls stream side by side. If their events carry ids, no id occurs twice, on one stream or on two: it has to tell the server which stream a client comes back to. What would be wrong: a counter for each stream, which makes the ids of two streams the same.`,
  checks: {
    unique: { level: 'MUST', text: 'give no event id twice', spec: RESUMING },
  },
  before: async (t) => {
    const calls = [t.session.call('call 1', 'slow'), t.session.call('call 2', 'slow')];
    t.showWitness(calls[0] ? calls[0].key : '');
    const all = await t.readWhole(t.session, calls);
    return all.map(({ reply }) => (reply && reply.failure === null ? t.eventIds(reply) : null));
  },
  after: (t, seen) => {
    if (seen.some((ids) => ids === null)) return t.notObserved('unique', 'a stream could not be read');
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
