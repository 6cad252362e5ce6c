import { defineCase, page } from '../lib/definition.ts';

const TIMING = page('basic/utilities/cancellation', 'timing-considerations');
const ERRORS = page('basic/utilities/cancellation', 'error-handling');

export const afterCompletion = defineCase({
  id: 'L-RACE-1',
  name: 'A cancel after completion',
  description: `A quick call has been answered; the cancel for it arrives too late. That happens all the time, as a client cannot know what is on its way. The server takes the notification in and does nothing.`,
  checks: {
    accepted: { level: 'MUST', text: 'take the late cancel gracefully', spec: TIMING },
    alive: { level: 'MUST', text: 'go on serving the session', spec: TIMING },
  },
  before: async (t) => {
    const call = t.session.call('quick', 'quick');
    const first = await t.awaitEnd(call);
    if (!t.isResult(call.id, first))
      throw new Error(`the quick call was not answered: ${t.describeEnd(call.id, first)}`);
    const late = await t.clock.within(t.session.cancel(call.id, 'too late').ended, t.settings.settleMs);
    const next = t.session.call('next call', 'quick');
    const end = await t.awaitEnd(next);
    return {
      status: late ? late.status : 0,
      alive: t.isResult(next.id, end),
      told: t.describeEnd(next.id, end),
    };
  },
  after: (t, seen) => {
    t.check(
      'accepted',
      seen.status === 202 || (seen.status >= 400 && seen.status < 500),
      '202, or a 4xx that says it is too late',
      `HTTP ${seen.status}`,
    );
    t.check('alive', seen.alive, 'a result for the next call', seen.told);
  },
});

export const beforeTheCall = defineCase({
  id: 'L-RACE-5',
  name: 'A cancel before its call',
  description: `The cancel names an id that has not been used yet; then a call uses it. As the cancel named no call, it is ignored, and not remembered: the call runs to its result. A server that keeps early cancels in mind would kill a call that nobody cancelled.`,
  checks: {
    runs: { level: 'SHOULD', text: 'run the later call to its result', spec: ERRORS },
  },
  before: async (t) => {
    const early = await t.clock.within(t.session.cancel(4711, 'too early').ended, t.settings.settleMs);
    const call = t.session.call('call', 'slow', { id: 4711, steps: t.settings.steps });
    const reply = await t.awaitEnd(call);
    t.showWitness(call.key);
    return {
      status: early ? early.status : 0,
      runs: t.isResult(call.id, reply),
      told: t.describeEnd(call.id, reply),
    };
  },
  after: (t, seen) => {
    t.check('runs', seen.runs, 'its result', `${seen.told} (the early cancel got HTTP ${seen.status})`);
  },
});

export const togetherWithTheCall = defineCase({
  id: 'L-RACE-7',
  name: 'A cancel together with its call',
  description: `A quick call and its cancel leave at the same moment on two connections; which one arrives first is open. A result, an error, or no response: each is right. The exchange has to end, and the session has to live.`,
  checks: {
    ends: { level: 'SHOULD', text: 'end the exchange, whoever came first', spec: TIMING },
    alive: { level: 'MUST', text: 'go on serving the session', spec: TIMING },
  },
  before: async (t) => {
    const calls = [];
    for (let i = 0; i < 5; i++) {
      const call = t.session.call('quick', 'quick');
      calls.push({ call, cancel: t.session.cancel(call.id, 'changed my mind') });
    }
    const ends: string[] = [];
    let open = 0;
    const replies = await Promise.all(calls.map(({ call }) => t.awaitEnd(call)));
    for (const [i, { call, cancel }] of calls.entries()) {
      const reply = replies[i] || null;
      await t.clock.within(cancel.ended, t.settings.settleMs);
      if (reply && reply.failure === null) ends.push(t.describeEnd(call.id, reply));
      else open += 1;
    }
    const alive = await t.session.ping();
    if (open > 0) await t.session.end();
    return { open, ends, alive };
  },
  after: (t, seen) => {
    t.check(
      'ends',
      seen.open === 0,
      'five exchanges ended',
      `${seen.ends.length} of 5: ${seen.ends.join(', ')}`,
    );
    t.check('alive', seen.alive, 'an answer to a ping', seen.alive ? 'answered' : 'no answer');
  },
});

export const twice = defineCase({
  id: 'L-RACE-3',
  name: 'The same cancel twice',
  description: `A running call is cancelled, cancelled again at once, and once more when it has stopped. The first cancel works; the others name a call that is over, and are ignored. To the client all three look alike.`,
  checks: {
    alike: { level: 'SHOULD', text: 'answer every repetition like the first cancel', spec: ERRORS },
    once: { level: 'SHOULD', text: 'cancel the handler once', spec: ERRORS },
  },
  before: async (t) => {
    const call = t.session.call('call', 'slow', { steps: t.endlessSteps });
    await t.untilRunning(t.session, call);
    const watching = t.cancelAndWatch(t.session, call, 'first');
    const second = t.session.cancel(call.id, 'second', 'cancel 2');
    const cancelled = await watching;
    const third = t.session.cancel(call.id, 'third', 'cancel 3');
    const replies = [
      await t.clock.within(second.ended, t.settings.settleMs),
      await t.clock.within(third.ended, t.settings.settleMs),
    ];
    return {
      first: cancelled.accepted ? cancelled.accepted.status : 0,
      others: replies.map((reply) => (reply ? reply.status : 0)),
    };
  },
  after: (t, seen) => {
    const [second, third] = seen.others;
    t.check(
      'alike',
      seen.first > 0 &&
        seen.others.every((status) => Math.floor(status / 100) === Math.floor(seen.first / 100)),
      'the same class of HTTP status three times',
      [seen.first, second, third].map((status) => status || 'no answer').join(', '),
    );
    if (t.witness && t.witness.cancelled !== undefined)
      t.check('once', t.witness.cancelled <= 1, 'cancelled at most once', `cancelled ${t.witness.cancelled}`);
    else t.notObserved('once', 'the witness does not count cancels');
  },
});
