import { defineCase, page } from '../lib/definition.ts';

const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements');
const TIMING = page('basic/utilities/cancellation', 'timing-considerations');

export const handlerStops = defineCase({
  id: 'L-EFF-1',
  name: 'The handler stops',
  description: `A slow call runs; when the witness has seen it tick, it is cancelled. From then on the witness is read until nothing has moved for a while: the ticks are frozen, nothing was finished.

Silence on the call's own stream would be no evidence: a handler can work on for hours behind a stream that has ended. That is why the server is asked on a second channel. The main request is that question, so its answer stands in the report.`,
  checks: {
    stops: { level: 'SHOULD', text: 'stop the handler of the cancelled call', spec: BEHAVIOR },
    soon: {
      level: 'DERIVED',
      text: 'stop it within maxCancelMs (a bound of the suite)',
      spec: BEHAVIOR,
    },
  },
  before: async (t) => t.cancelInFlight(),
  after: (t, seen) => {
    t.checkStopped('stops', seen);
    const stop = seen.stop;
    if (!stop) t.notObserved('soon', 'no witness saw it');
    // It may have rested for as long as it was watched, and gone on when the witness was asked once more.
    else if (stop.stopped && (t.witness || stop.last).ticks === stop.last.ticks)
      t.check(
        'soon',
        stop.workedMs <= t.settings.maxCancelMs,
        `at most ${t.settings.maxCancelMs} ms after the cancel was sent`,
        stop.workedMs > 0
          ? `it still worked ${stop.workedMs} ms after it`
          : 'no sign of work since the witness was first asked',
      );
    else t.notApplicable('soon', 'it did not stop');
  },
});

export const exchangeEnds = defineCase({
  id: 'L-EFF-4',
  name: 'The exchange of the cancelled call ends',
  description: `The HTTP exchange of the cancelled call has to come to an end: with an error, with the end of the stream, with a 202. A server that leaves it open keeps a connection, a stream and an entry in its tables for every call that anyone ever cancelled, and its client waits for nothing.

The specification asks for no response *and* for every POST to be answered; how a server gets out of that is its choice, and the fate is recorded. With \`cancelReply\` the environment can say which end it expects.`,
  checks: {
    ends: {
      level: 'SHOULD',
      text: 'free what the cancelled call held: end its HTTP exchange',
      spec: BEHAVIOR,
    },
    soon: {
      level: 'DERIVED',
      text: 'end it within maxCancelMs (a bound of the suite)',
      spec: BEHAVIOR,
    },
    reply: { level: 'DERIVED', text: 'end it in the way that cancelReply expects', spec: BEHAVIOR },
  },
  before: async (t) => t.cancelInFlight(),
  after: (t, seen) => {
    const { settleMs, maxCancelMs, cancelReply } = t.settings;
    const observed = seen.leftOpen
      ? `left open ${settleMs} ms after the cancel`
      : `${seen.fate} after ${seen.cancelMs} ms`;
    t.check(
      'ends',
      !seen.leftOpen && seen.fate !== 'dropped',
      'an error, the end of the stream, or a 202',
      observed,
    );
    if (seen.cancelMs === null) t.notApplicable('soon', 'it did not end');
    else
      t.check(
        'soon',
        seen.cancelMs <= maxCancelMs,
        `at most ${maxCancelMs} ms after the cancel was sent`,
        observed,
      );
    if (seen.leftOpen) t.notApplicable('reply', 'it did not end');
    else if (cancelReply === 'any')
      t.notApplicable('reply', `cancelReply is "any"; the exchange ended with: ${seen.fate}`);
    else if (cancelReply === 'error')
      t.check('reply', /^error /.test(seen.fate), 'a JSON-RPC error', seen.fate);
    else t.check('reply', /^(no response, closed|accepted 202)$/.test(seen.fate), 'no response', seen.fate);
  },
});

export const othersUntouched = defineCase({
  id: 'L-EFF-7',
  name: 'Three calls, the middle one cancelled',
  description: `Three calls run at the same time in one session. The middle one is cancelled; the other two go on and answer as if nothing had happened.

The three ids differ in nothing but their number. What would be wrong: a server that stops everything in the session, that cancels the latest call instead of the named one, or that ends the wrong stream.`,
  checks: {
    first: { level: 'DERIVED', text: 'let the first call finish', spec: BEHAVIOR },
    middle: { level: 'DERIVED', text: 'give no result for the cancelled one', spec: BEHAVIOR },
    last: { level: 'DERIVED', text: 'let the third call finish', spec: BEHAVIOR },
  },
  before: async (t) => {
    const { seen, ends } = await t.beside([{}, { steps: t.endlessSteps }, {}], async (calls, session) => {
      const middle = calls[1] as (typeof calls)[number];
      const cancel = session.cancel(middle.id, 'only this one');
      const cancelling = t.cancelAndWatch(session, middle, () => cancel);
      // The other calls must still run when the cancel arrives.
      await t.take(cancel);
      return { cancelling };
    });
    return { cancelled: await seen.cancelling, first: ends[0], last: ends[1] };
  },
  after: (t, seen) => {
    t.checkFinished('first', seen.first);
    const { fate, leftOpen, resultAfterMs } = seen.cancelled;
    if (leftOpen && resultAfterMs === null) t.notObserved('middle', 'its exchange was left open');
    else
      t.check(
        'middle',
        resultAfterMs === null,
        'no result',
        resultAfterMs === null ? fate : `a result, ${resultAfterMs} ms after the cancel`,
      );
    t.checkFinished('last', seen.last);
  },
});

export const sessionUsable = defineCase({
  id: 'L-EFF-8',
  name: 'The session still works',
  description: `After a cancel, the very same session answers a \`ping\`, lists its tools and runs the next call to its result. What would be wrong: a server whose session dies with the cancelled call, or that still holds the call's place.`,
  checks: {
    ping: {
      level: 'MUST',
      text: 'answer a ping',
      spec: page('basic/utilities/ping', 'behavior-requirements'),
    },
    list: { level: 'MUST', text: 'list the tools', spec: TIMING },
    call: { level: 'MUST', text: 'run a new call to its result', spec: TIMING },
  },
  before: async (t) => {
    const { usable } = await t.cancelInFlight();
    const listed = t.session.request('list', 'tools/list');
    const next = t.session.call('next call', 'slow');
    const end = await t.awaitEnd(next);
    const list = await t.clock.within(listed.exchange.ended, t.settings.settleMs);
    return { usable, list: t.isResult(listed.id, list || null), next: end };
  },
  after: (t, seen) => {
    t.check('ping', seen.usable, 'an answer', seen.usable ? 'answered' : 'no answer');
    t.check('list', seen.list, 'a list of tools', seen.list ? 'listed' : 'no list');
    t.checkFinished('call', seen.next);
  },
});
