import { defineCase, page } from '../lib/definition.ts';

const TIMING = page('basic/utilities/cancellation', 'timing-considerations');
const ERRORS = page('basic/utilities/cancellation', 'error-handling');

export const afterCompletion = defineCase({
  id: 'L-RACE-1',
  name: 'A cancel after completion',
  description: `A quick call has been answered; the cancel for it arrives too late. That happens all the time, as a client cannot know what is on its way. The server takes the notification in and does nothing. What would be wrong: an error that the client takes for its own, a session that ends, or a second answer for a call that was answered.`,
  checks: {
    accepted: { level: 'MUST', text: 'take the late cancel gracefully', spec: TIMING },
    silent: { level: 'MUST', text: 'send nothing more for the call', spec: page('basic', 'responses') },
    alive: { level: 'MUST', text: 'go on serving the session', spec: TIMING },
  },
  before: async (t) => {
    const session = t.session;
    const stream = t.listen(session);
    const call = session.call('quick', 'quick');
    const first = await t.awaitEnd(call);
    if (!first.finished) throw new Error(`the quick call was not answered: ${first.told}`);
    const late = await t.take(session.cancel(call.id, 'too late'));
    const alive = await t.awaitEnd(session.call('next call', 'quick'));
    const [heard] = await t.hear(session, [stream]);
    const more = heard
      ? heard.messages.filter(({ id, method }) => id === call.id && method === undefined)
      : [];
    return { late, alive, get: heard && { ...heard, messages: more } };
  },
  after: (t, { late, alive, get }) => {
    t.checkTaken('accepted', late);
    // The call's own exchange has ended; what could still come would come on the other stream.
    if (!get?.offered)
      t.check('silent', true, 'nothing', 'its exchange has ended, and the target offers no other stream');
    else if (get.messages.length === 0 && !get.ended)
      t.notObserved('silent', `the stream opened by GET was ${get.told}`);
    else t.check('silent', get.messages.length === 0, 'nothing', `${get.messages.length} more responses`);
    t.checkFinished('alive', alive);
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
    const early = await t.take(t.session.cancel(4711, 'too early'));
    const call = t.session.call('call', 'slow', { id: 4711 });
    t.showWitness(call.key);
    return { early, end: await t.awaitEnd(call) };
  },
  after: (t, { early, end }) => {
    t.check('runs', end.finished, 'its result', `${end.told} (the early cancel got ${early.told})`);
  },
});

export const togetherWithTheCall = defineCase({
  id: 'L-RACE-7',
  name: 'A cancel together with its call',
  description: `A quick call and its cancel leave at the same moment on two connections; which one arrives first is open. A result, an error, or no response: each is right. The exchange has to end, and the session has to live. What would be wrong: an exchange that stays open because the cancel came before there was anything to cancel.`,
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
    const told = await Promise.all(calls.map(({ call }) => t.awaitEnd(call)));
    await Promise.all(calls.map(({ cancel }) => t.take(cancel)));
    for (const [i, { call }] of calls.entries()) {
      if (call.exchange.reply && call.exchange.reply.failure === null) ends.push(told[i]?.told || '');
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
    t.checkAlive('alive', seen.alive);
  },
});

export const twice = defineCase({
  id: 'L-RACE-3',
  name: 'The same cancel twice',
  description: `A running call is cancelled, cancelled again at once, and once more when it has stopped. The first cancel works; the others name a call that is over, and are ignored. To the client all three look alike. What would be wrong: an error for the second cancel, which a client cannot tell from a real one, or a handler that is cancelled again while it cleans up.`,
  checks: {
    alike: { level: 'SHOULD', text: 'answer every repetition like the first cancel', spec: ERRORS },
    once: { level: 'SHOULD', text: 'cancel the handler once', spec: ERRORS },
  },
  before: async (t) => {
    const call = t.session.call('call', 'slow', { steps: t.endlessSteps });
    await t.untilRunning(t.session, call);
    const watching = t.cancelAndWatch(t.session, call, () => t.session.cancel(call.id, 'first'));
    const second = t.session.cancel(call.id, 'second', 'cancel 2');
    const cancelled = await watching;
    const third = t.session.cancel(call.id, 'third', 'cancel 3');
    const others = [await t.take(second), await t.take(third)];
    await t.session.survived();
    return { first: cancelled.accepted, others };
  },
  after: (t, { first, others }) => {
    const kind = ({ status }: typeof first) => Math.floor(status / 100);
    t.check(
      'alike',
      first.status > 0 && others.every((one) => kind(one) === kind(first)),
      'the same class of HTTP status three times',
      [first, ...others].map(({ told }) => told).join(', '),
    );
    t.checkCancelledOnce('once');
  },
});

export const inParallel = defineCase({
  id: 'L-RACE-4',
  name: 'Two cancels at the same time',
  description: `Two cancels for the same running call leave at the same moment on two connections. One of them finds the call, the other perhaps not any more: nobody may notice the difference. The call is answered at most once, and the session lives.

What would be wrong: a server that looks a call up, waits for something, and then stops a call that is no longer there.`,
  checks: {
    answered: { level: 'MUST', text: 'take both cancels gracefully', spec: TIMING },
    response: {
      level: 'MUST',
      text: 'send at most one response for the call',
      spec: page('basic', 'responses'),
    },
    once: { level: 'DERIVED', text: 'cancel the handler once', spec: ERRORS },
    alive: { level: 'MUST', text: 'go on serving the session', spec: TIMING },
  },
  before: async (t) => {
    const call = t.session.call('call', 'slow', { steps: t.endlessSteps });
    await t.untilRunning(t.session, call);
    const watching = t.cancelAndWatch(t.session, call, () => t.session.cancel(call.id, 'one'));
    const other = t.session.cancel(call.id, 'two', 'cancel 2');
    const cancelled = await watching;
    return { cancelled, other: await t.take(other), alive: await t.session.survived() };
  },
  after: (t, { cancelled, other, alive }) => {
    t.check(
      'answered',
      cancelled.accepted.gracefully && other.gracefully,
      '202 or 4xx twice, and no JSON-RPC response',
      `${cancelled.accepted.told}; ${other.told}`,
    );
    const answers = cancelled.messages.filter(
      ({ id, method }) => id === cancelled.id && method === undefined,
    );
    t.check('response', answers.length <= 1, 'at most one', `${answers.length}; ${cancelled.fate}`);
    t.checkCancelledOnce('once');
    t.checkAlive('alive', alive);
  },
});

export const burst = defineCase({
  id: 'L-RACE-6',
  name: 'A hundred cancels for nobody',
  description: `A hundred cancels arrive at once, each for an id that nobody has used. All of them are ignored in the same way, and the next call runs as if nothing had been. What would be wrong: a server that keeps every unknown id, or that takes so long over each that the session stands still. (One that refuses them with 429 from some number on is still graceful, but it makes a difference where there is none.)`,
  checks: {
    taken: { level: 'MUST', text: 'take every one of them gracefully', spec: TIMING },
    alike: { level: 'DERIVED', text: 'take all of them alike', spec: ERRORS },
    next: { level: 'MUST', text: 'run the next call to its result', spec: TIMING },
  },
  before: async (t) => {
    const statuses: Record<string, number> = {};
    let gracefully = true;
    await t.briefly(async () => {
      const sent = [];
      for (let i = 0; i < 100; i++) sent.push(t.session.cancel(500000 + i, 'nobody', `burst ${i + 1}`));
      // One after the other: as long as answers come in, the last one may take its time.
      for (const exchange of sent) {
        const taken = await t.take(exchange);
        statuses[taken.told] = (statuses[taken.told] || 0) + 1;
        if (!taken.gracefully) gracefully = false;
        if (taken.status === 0) break;
      }
      const lines = Object.entries(statuses).map(([told, count]) => `${count} cancels: ${told}`);
      return gracefully && lines.length === 1 ? lines : null;
    });
    const call = t.session.call('next call', 'slow');
    t.showWitness(call.key);
    return { statuses, gracefully, next: await t.awaitEnd(call) };
  },
  after: (t, { statuses, gracefully, next }) => {
    const told = Object.entries(statuses).map(([status, count]) => `${count} times ${status}`);
    t.check('taken', gracefully, '202 or 4xx every time, and no JSON-RPC response', told.join(', '));
    t.check('alike', told.length === 1, 'the same status every time', told.join(', '));
    t.checkFinished('next', next);
  },
});
