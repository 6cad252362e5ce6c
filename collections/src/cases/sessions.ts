import { defineCase, page } from '../lib/definition.ts';

const REQUEST_ID = page('basic', 'requests');

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
      spec: REQUEST_ID,
    },
  },
  before: async (t) => {
    if (!t.session.state.id) t.notApplicable('the target has no sessions');
    const stranger = await t.open('stranger');
    const { seen, ends } = await t.beside([{ id: 1001 }], async () =>
      t.take(stranger.cancel(1001, 'not mine')),
    );
    return { taken: seen, end: ends[0] };
  },
  after: (t, { taken, end }) => {
    t.checkTaken('accepted', taken);
    t.checkFinished('untouched', end);
  },
});

export const sameIdTwice = defineCase({
  id: 'L-SES-5',
  name: 'The same id in two sessions',
  description: `Two sessions each run a call, and both calls have the same id. The first session cancels: its own call stops, the other one runs to its result. What would be wrong: a server that finds calls by their id alone, and stops the wrong user's work, or both.`,
  checks: {
    own: { level: 'DERIVED', text: "stop the call of the cancel's own session", spec: REQUEST_ID },
    other: { level: 'DERIVED', text: 'let the call of the other session finish', spec: REQUEST_ID },
  },
  before: async (t) => {
    if (!t.session.state.id) t.notApplicable('the target has no sessions');
    // Opened before the other call starts, which does not run for long; each attempt needs another one.
    const ready = [await t.open('mine')];
    const { seen, ends } = await t.beside([{ id: 1 }], async () => {
      const mine = ready.pop() || (await t.open('mine'));
      const own = mine.call('own call', 'slow', { id: 1, steps: t.endlessSteps });
      await t.untilRunning(mine, own);
      const cancel = mine.cancel(own.id);
      const cancelling = t.cancelAndWatch(mine, own, () => cancel);
      // The other call has to run until the cancel has come to the target.
      await t.take(cancel);
      return { cancelling };
    });
    return { cancelled: await seen.cancelling, other: ends[0] };
  },
  after: (t, { cancelled, other }) => {
    t.checkStopped('own', cancelled);
    t.checkFinished('other', other);
  },
});
