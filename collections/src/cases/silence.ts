import { defineCase, page } from '../lib/definition.ts';

const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements');
const PROGRESS = page('basic/utilities/progress', 'behavior-requirements');

export const noProgress = defineCase({
  id: 'L-EFF-5',
  name: 'No progress after the stop',
  description: `A call that reports progress is cancelled. When the witness has seen its handler stop, the session's stream is opened by GET and left open for a while. No progress for the call comes any more: not behind the last message of its own exchange, and not on the other stream.

Progress that was on its way when the cancel came is no matter; it comes before the end. What would be wrong: a timer or a thread that goes on reporting for a call that is over.`,
  checks: {
    own: { level: 'MUST', text: 'send no progress behind the end of the call', spec: PROGRESS },
    get: { level: 'MUST', text: 'send none on the stream opened by GET either', spec: PROGRESS },
  },
  before: async (t) => {
    const cancelled = await t.cancelInFlight();
    const stream = t.listen(t.session);
    if (!stream.reply) await t.clock.sleep(t.settings.quietMs);
    // On a busy machine the stream may be opened later than that, but not later than this is answered.
    await t.session.ping();
    const [heard] = await t.hear(t.session, [stream]);
    const late = heard
      ? heard.messages.filter(
          ({ method, params }) =>
            method === 'notifications/progress' && params?.progressToken === cancelled.key,
        ).length
      : 0;
    return { cancelled, get: heard && { ...heard, messages: [], late } };
  },
  after: (t, { cancelled, get }) => {
    const { messages, frameless, leftOpen } = cancelled;
    const reported = messages.some(({ method }) => method === 'notifications/progress');
    const end = messages.findIndex(({ method }) => method === undefined);
    const late =
      end < 0 ? [] : messages.slice(end).filter(({ method }) => method === 'notifications/progress');
    if (frameless) t.notApplicable('own', 'the answer came as JSON, which has room for nothing else');
    else if (leftOpen && end < 0)
      t.notObserved(
        'own',
        'the stream was left open, so that nothing tells what came on it before the stop and what after',
      );
    else if (end < 0)
      t.notApplicable('own', 'the stream ended without a response: there is nothing that could be behind it');
    else t.check('own', late.length === 0, 'none', `${late.length} progress notifications behind the end`);
    if (!get?.offered) t.notApplicable('get', `the target offers no such stream: ${get ? get.told : ''}`);
    else if (leftOpen && !cancelled.stop?.stopped)
      t.notObserved(
        'get',
        'nothing shows that the call was over: its exchange was left open, and it did not stop',
      );
    else if (get.late === 0 && !get.read) t.notObserved('get', `the stream was ${get.told}`);
    else if (get.late === 0 && !reported) t.notApplicable('get', 'the call reported no progress');
    else t.check('get', get.late === 0, 'none', `${get.late} progress notifications on it`);
  },
});

export const nothingElse = defineCase({
  id: 'L-EFF-6',
  name: 'Nothing else after the stop',
  description: `A call that logs is cancelled. Behind the last message of its exchange there is no log message and no question of the server to its client: nobody is left who would want them. What would be wrong: a handler that talks on after it was let go of.`,
  checks: {
    log: { level: 'DERIVED', text: 'log nothing behind the end of the call', spec: BEHAVIOR },
    request: { level: 'DERIVED', text: 'ask the client nothing behind the end of the call', spec: BEHAVIOR },
  },
  before: async (t) => t.cancelInFlight(),
  after: (t, seen) => {
    const end = seen.messages.findIndex(({ method }) => method === undefined);
    if (seen.frameless || (seen.leftOpen && end < 0)) {
      for (const key of ['log', 'request'])
        if (seen.frameless) t.notApplicable(key, 'the answer came as JSON, which has room for nothing else');
        else
          t.notObserved(
            key,
            'the stream was left open: nothing tells what came before the stop and what after',
          );
      return;
    }
    if (end < 0) {
      for (const key of ['log', 'request'])
        t.notApplicable(key, 'the stream ended without a response: there is nothing that could be behind it');
      return;
    }
    const behind = seen.messages.slice(end + 1);
    const logs = behind.filter(({ method }) => method === 'notifications/message');
    const requests = behind.filter(({ id, method }) => id !== undefined && method !== undefined);
    t.check('log', logs.length === 0, 'none', `${logs.length} log messages behind the end`);
    t.check('request', requests.length === 0, 'none', `${requests.length} requests behind the end`);
  },
});
