import { defineCase, page } from '../lib/definition.ts';

export const otherSession = defineCase({
  id: 'L-SES-4',
  name: 'Another session cannot cancel it',
  description: `A call runs in one session; another session posts a cancel with the same id. Ids are unique within a session only, so this cancel names nothing: it is accepted, ignored, and the call runs to its result.

What would be wrong: a server with one table of calls for everybody. Since most clients count their ids from 1, one user's cancel would stop another user's work.`,
  checks: {
    accepted: {
      level: 'DERIVED',
      text: 'take the foreign cancel like any unknown one',
      spec: page('basic/utilities/cancellation', 'error-handling'),
    },
    untouched: {
      level: 'DERIVED',
      text: 'let the call of the first session finish',
      spec: page('basic', 'requests'),
    },
  },
  before: async (t) => {
    if (!t.session.state.id) t.notApplicable('the target has no sessions');
    const stranger = await t.open('stranger');
    const call = t.session.call('call', 'slow', { id: 1001, steps: t.awaitedSteps });
    await t.untilRunning(t.session, call);
    const reply = await t.clock.within(stranger.cancel(1001, 'not mine').ended, t.settings.settleMs);
    const end = await t.awaitEnd(call);
    t.showWitness(call.key);
    return {
      status: reply ? reply.status : 0,
      runs: t.isResult(call.id, end),
      told: t.describeEnd(call.id, end),
    };
  },
  after: (t, seen) => {
    const ignored = seen.status === 202 || (seen.status >= 400 && seen.status < 500);
    t.check('accepted', ignored, '202, or a 4xx', `HTTP ${seen.status}`);
    t.check('untouched', seen.runs, 'its result', seen.told);
  },
});
