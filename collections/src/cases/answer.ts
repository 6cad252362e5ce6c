import { defineCase, page } from '../lib/definition.ts';

const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements');
const RESPONSES = page('basic', 'responses');

export const noResponse = defineCase({
  id: 'L-EFF-2',
  name: 'The cancelled call is not answered',
  description: `A call is cancelled while it runs, and every stream is read on which an answer could come: the call's own, the session's stream that was opened by GET before, and what the server keeps for a client that comes back with \`Last-Event-ID\`.

The specification asks for no response. A server that answers \`-32800\` all the same misses a SHOULD, and has a good reason: without an answer many clients and proxies do not know that the exchange is over. So this is never more than a warning, and the code is recorded.`,
  checks: {
    own: { level: 'SHOULD', text: "send no response on the call's own exchange", spec: BEHAVIOR },
    get: { level: 'SHOULD', text: 'send no response on the stream opened by GET', spec: BEHAVIOR },
    replay: { level: 'SHOULD', text: 'keep no response for a client that comes back', spec: BEHAVIOR },
  },
  before: async (t) => {
    const session = t.session;
    const call = session.call('call', 'slow', { steps: t.endlessSteps });
    await t.untilRunning(session, call);
    const stream = t.listen(session);
    // Requests have no order; one that is answered has left the earlier one some time.
    await session.ping();
    const cancel = session.cancel(call.id);
    const cancelled = await t.cancelAndWatch(session, call, () => cancel);
    const rest = cancel.sentMs + t.settings.quietMs - t.clock.now();
    if (rest > 0) await t.clock.sleep(rest);
    const firstEvent = t.eventIds(call.exchange.reply)[0];
    const replayed = firstEvent === undefined ? null : await t.resume(session, firstEvent);
    const [heard] = await t.hear(session, [stream]);
    const answers = (messages: typeof cancelled.messages) =>
      messages
        .filter(({ id, method }) => id === call.id && method === undefined)
        .map(({ error }) => (error ? `error ${error.code} ${error.message}` : 'a result'));
    return {
      cancelled,
      get: heard && {
        ...heard,
        messages: [],
        answers: answers(heard.messages),
        heardMs: (stream.endedMs || 0) - cancel.sentMs,
      },
      replay: replayed && { ...replayed, messages: [], answers: answers(replayed.messages) },
    };
  },
  after: (t, { cancelled, get, replay }) => {
    const own = cancelled.messages.filter(({ id, method }) => id === cancelled.id && method === undefined);
    const told = own
      .map(({ error }) => (error ? `error ${error.code} ${error.message}` : 'a result'))
      .join(', ');
    // Nobody can see when something came on a stream that was still open: the end of the session may have brought it.
    if (cancelled.leftOpen && told && cancelled.resultAfterMs === null)
      t.notObserved('own', `the exchange was left open; when the session was ended, it held: ${told}`);
    else t.check('own', !told, 'no response', told || cancelled.fate);
    if (!get?.offered) t.notApplicable('get', `the target offers no such stream: ${get ? get.told : ''}`);
    else if (get.answers.length === 0 && !(get.read && get.heardMs >= t.settings.quietMs))
      t.notObserved('get', `the stream was ${get.told}`);
    else t.check('get', get.answers.length === 0, 'no response', get.answers.join(', ') || get.told);
    if (cancelled.frameless)
      t.notApplicable('replay', 'the answer came as JSON: there is nothing to come back to');
    else if (cancelled.leftOpen)
      t.notObserved('replay', 'the exchange was left open: there is nothing to come back to');
    else if (!replay) t.notApplicable('replay', "the call's events carried no ids");
    else if (!replay.read) t.notObserved('replay', `the stream was ${replay.told}`);
    else
      t.check('replay', replay.answers.length === 0, 'no response', replay.answers.join(', ') || replay.told);
  },
});

export const oneAnswer = defineCase({
  id: 'L-EFF-3',
  name: 'If the cancelled call is answered, then once and truthfully',
  description: `Not every server keeps silent about a cancelled call. One that answers it sends one response with exactly the call's id; an error has an integer code; a result would say that the work was done, which it was not. What would be wrong: a result and an error for the same call, an answer under another id, a code that is a text, or a "done" for work that was stopped.`,
  checks: {
    once: { level: 'MUST', text: 'send at most one response', spec: RESPONSES },
    id: { level: 'MUST', text: "send it with the call's own id", spec: RESPONSES },
    code: { level: 'MUST', text: 'give an error an integer code', spec: RESPONSES },
    result: { level: 'MUST', text: 'give no result for work that was not done', spec: RESPONSES },
  },
  before: async (t) => t.cancelInFlight(),
  after: (t, seen) => {
    const answers = seen.messages.filter(({ method }) => method === undefined);
    const [answer] = answers;
    if (!answer) {
      for (const key of ['once', 'id', 'code', 'result'])
        t.notApplicable(key, `it is not answered: ${seen.fate}`);
      return;
    }
    const observed = answers.map((one) => JSON.stringify(one)).join(', ');
    t.check('once', answers.length === 1, 'one response', observed);
    t.check(
      'id',
      answers.every(({ id }) => id === seen.id),
      `the id ${JSON.stringify(seen.id)}`,
      observed,
    );
    const errors = answers.flatMap(({ error }) => (error ? [error] : []));
    if (errors.length === 0) t.notApplicable('code', 'the answer is no error');
    else
      t.check(
        'code',
        errors.every(({ code }) => Number.isInteger(code)),
        'an integer code',
        observed,
      );
    const result = answers.filter((one) => one.result && !one.result.isError)[0];
    if (!result) t.check('result', true, 'no result', observed);
    else if (!seen.stop)
      t.notObserved('result', 'it has a result, and no witness tells whether the work was done');
    else {
      // A result that came long after the cancel is true if the work was done by then.
      const { finished } = t.witness || seen.stop.last;
      t.check('result', finished > 0, 'no result unless finished is 1', `finished ${finished}: ${observed}`);
    }
  },
});
