import { defineCase, page } from '../lib/definition.ts';

const SESSIONS = page('basic/transports', 'session-management');
const TIMING = page('basic/utilities/cancellation', 'timing-considerations');

export const deleted = defineCase({
  id: 'L-SES-7',
  name: 'DELETE while a call runs',
  description: `A client ends its session by DELETE although a call is running. The server does so, or says with 405 that its clients cannot. If it does, the session is gone: every later request with its id gets 404. What would be wrong: a session that goes on answering after it was ended, or one whose end breaks on the call that runs.`,
  checks: {
    answered: { level: 'MAY', text: 'end the session, or refuse with 405', spec: SESSIONS },
    post: { level: 'MUST', text: 'answer a later POST with 404', spec: SESSIONS },
    cancel: { level: 'MUST', text: 'answer a later cancel with 404', spec: SESSIONS },
    get: { level: 'MUST', text: 'answer a later GET with 404', spec: SESSIONS },
  },
  before: async (t) => {
    const session = t.session;
    if (!session.state.id) t.notApplicable('the target has no sessions');
    const call = session.call('call', 'slow', { steps: t.endlessSteps });
    await t.untilRunning(session, call);
    const reply = await session.end();
    const status = reply ? reply.status : 0;
    if (status < 200 || status >= 300) {
      // What the target works on would keep this script from ending.
      await t.take(session.cancel(call.id));
      return { status, later: null };
    }
    const { exchange } = session.request('later', 'ping');
    const later = {
      post: await t.take(exchange),
      cancel: await t.take(session.cancel(call.id, undefined, 'later')),
      get: await t.take(t.listen(session, 'later')),
    };
    return { status, later };
  },
  after: (t, { status, later }) => {
    t.check('answered', later !== null || status === 405, '2xx or 405', `HTTP ${status}`);
    for (const key of ['post', 'cancel', 'get'] as const)
      if (!later) t.notApplicable(key, `the DELETE was refused: HTTP ${status}`);
      // A server without streams for GET says so for every session.
      else if (key === 'get' && later.get.status === 405)
        t.notApplicable(key, 'the target offers no stream by GET');
      else t.check(key, later[key].status === 404, 'HTTP 404', later[key].told);
  },
});

export const callsEnd = defineCase({
  id: 'L-SES-8',
  name: 'A call does not outlive its session',
  description: `A session is ended by DELETE while a call runs in it. Nobody is left who could cancel the call or read its result: its stream ends, and its handler stops. The witness is asked in another session. What would be wrong: a call that works on for nobody, and a connection that nobody closes.`,
  checks: {
    ends: {
      level: { '2025-03-26': 'DERIVED', '2025-06-18': 'DERIVED', '2025-11-25': 'MAY' },
      text: "end the call's exchange",
      spec: SESSIONS,
    },
    stops: { level: 'DERIVED', text: "stop the call's handler", spec: SESSIONS },
  },
  before: async (t) => {
    const session = t.session;
    if (!session.state.id) t.notApplicable('the target has no sessions');
    const other = await t.open('other');
    const call = session.call('call', 'slow', { steps: t.endlessSteps });
    await t.untilRunning(session, call);
    t.showWitness(call.key);
    const since = t.clock.now();
    const [end] = await Promise.all([
      t.clock.within(call.exchange.ended, t.settings.settleMs),
      t.terminate(session, call),
    ]);
    return {
      ended: end !== undefined && end.failure === null && end.hungUp === null,
      told: !end ? 'left open' : end.hungUp || end.failure || `HTTP ${end.status}, ended`,
      stop: await t.watch(other, call, since),
    };
  },
  after: (t, { ended, told, stop }) => {
    t.check('ends', ended, 'the end of its exchange', told);
    t.checkAtRest('stops', stop);
  },
});

export const cancelRacesDelete = defineCase({
  id: 'L-SES-9',
  name: 'A cancel together with DELETE',
  description: `Five sessions each run a call; its cancel and the DELETE of its session leave at the same moment on two connections. Whichever comes first: the cancel is accepted with 202 or gets 404, and both are answered. What would be wrong: a 5xx, or a request that hangs because its session went away in the middle.`,
  checks: {
    cancel: { level: 'MUST', text: 'take the cancel gracefully, or answer 404', spec: TIMING },
    delete: { level: 'MUST', text: 'answer the DELETE without breaking', spec: TIMING },
  },
  before: async (t) => {
    if (!t.session.state.id) t.notApplicable('the target has no sessions');
    const sessions = await Promise.all([1, 2, 3, 4, 5].map((number) => t.open(`session ${number}`)));
    const race = async (session: (typeof sessions)[number], id: number) => {
      const call = session.call('call', 'slow', { id, steps: t.endlessSteps });
      await t.untilRunning(session, call);
      const cancel = session.cancel(call.id);
      const reply = await session.end();
      return { cancel: await t.take(cancel), deleted: reply ? reply.status : 0 };
    };
    // Newman's sandbox calls an async function that is given to map itself without waiting for it.
    // Each call has an id of its own: whether sessions mix up equal ones is not what is tried here.
    return Promise.all(sessions.map((session, i) => race(session, 1 + i)));
  },
  after: (t, seen) => {
    if (seen.every(({ deleted }) => deleted === 405)) {
      for (const key of ['cancel', 'delete'])
        t.notApplicable(key, 'the target does not let a client end its session: HTTP 405');
      return;
    }
    t.check(
      'cancel',
      seen.every(({ cancel }) => cancel.gracefully),
      '202 or 4xx five times',
      seen.map(({ cancel }) => cancel.told).join('; '),
    );
    t.check(
      'delete',
      seen.every(({ deleted }) => deleted >= 200 && deleted < 500),
      'an answer below 500 five times',
      seen.map(({ deleted }) => (deleted ? `HTTP ${deleted}` : 'no answer')).join('; '),
    );
  },
});
