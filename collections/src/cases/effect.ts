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
    const stop = seen.stop;
    if (!stop) {
      const witness = t.settings.tools.state
        ? 'the witness does not know the cancelled call'
        : 'no witness (stateTool is empty)';
      if (seen.resultAfterMs !== null)
        t.check(
          'stops',
          false,
          'no result after the cancel',
          `the call ran to its result, ${seen.resultAfterMs} ms after the cancel`,
        );
      // A handler can work on behind an exchange that has ended: that it stopped would be a guess.
      else if (seen.evidence === 'inferred')
        t.notObserved('stops', `${witness}; progress went quiet and no result came`);
      else t.notObserved('stops', `${witness}; the call's exchange: ${seen.fate}`);
      return t.notObserved('soon', witness);
    }
    const finished = (t.witness || stop.last).finished;
    const moved = t.witness ? t.witness.ticks - stop.last.ticks : 0;
    t.check(
      'stops',
      stop.stopped && finished === 0 && moved === 0,
      `no tick for ${Math.round(stop.quietMs)} ms, finished 0`,
      stop.stopped && moved === 0
        ? `frozen at ${stop.last.ticks} ticks, finished ${finished}`
        : `${stop.last.handler === 'running' ? 'the handler still runs' : 'still ticking'} ${t.settings.settleMs} ms after the cancel (${stop.last.ticks + moved} ticks, finished ${finished})`,
    );
    if (stop.stopped)
      t.check(
        'soon',
        stop.stoppedMs <= t.settings.maxCancelMs,
        `at most ${t.settings.maxCancelMs} ms after the cancel was sent`,
        `the last sign of work after ${stop.stoppedMs} ms`,
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
    const first = t.session.call('first', 'slow', { steps: t.awaitedSteps });
    const middle = t.session.call('middle', 'slow', { steps: t.endlessSteps });
    const last = t.session.call('third', 'slow', { steps: t.awaitedSteps });
    await Promise.all([first, middle, last].map((call) => t.untilRunning(t.session, call)));
    const cancelled = await t.cancelAndWatch(t.session, middle, 'only this one');
    const replies = [await t.awaitEnd(first), await t.awaitEnd(last)];
    const outcome = (call: typeof first, reply: (typeof replies)[number]) => ({
      finished: t.isResult(call.id, reply || null),
      told: t.describeEnd(call.id, reply || null),
    });
    return {
      cancelled,
      first: outcome(first, replies[0] || null),
      last: outcome(last, replies[1] || null),
    };
  },
  after: (t, seen) => {
    t.check('first', seen.first.finished, 'its result', seen.first.told);
    const { fate, leftOpen, resultAfterMs } = seen.cancelled;
    if (leftOpen && resultAfterMs === null) t.notObserved('middle', 'its exchange was left open');
    else t.check('middle', resultAfterMs === null, 'no result', fate);
    t.check('last', seen.last.finished, 'its result', seen.last.told);
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
    const { usable, leftOpen } = await t.cancelInFlight();
    const listed = t.session.request('list', 'tools/list');
    const next = t.session.call('next call', 'slow', { steps: t.settings.steps });
    const end = await t.awaitEnd(next);
    const list = await t.clock.within(listed.exchange.ended, t.settings.settleMs);
    return {
      usable,
      leftOpen,
      list: t.isResult(listed.id, list || null),
      next: t.isResult(next.id, end),
      told: t.describeEnd(next.id, end),
    };
  },
  after: (t, seen) => {
    t.check('ping', seen.usable, 'an answer', seen.usable ? 'answered' : 'no answer');
    t.check('list', seen.list, 'a list of tools', seen.list ? 'listed' : 'no list');
    t.check('call', seen.next, 'its result', seen.told);
  },
});
