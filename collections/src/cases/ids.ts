import { defineCase, page } from '../lib/definition.ts';

const ERRORS = page('basic/utilities/cancellation', 'error-handling');

export const typeMatters = defineCase({
  id: 'L-ID-2',
  name: 'The id as another JSON type',
  description: `Two calls run, with the ids \`20\` and \`"21"\`. Two cancels name \`"20"\` and \`21\`: the same characters as another JSON type, so two ids that are not in use. Both calls go on to their results.

The most common mistake in handmade collections is this one the other way round: a variable in quotation marks turns the number into a string, and the cancel that should work is ignored.`,
  checks: {
    number: { level: 'SHOULD', text: 'ignore "20" while the call 20 runs', spec: ERRORS },
    string: { level: 'SHOULD', text: 'ignore 21 while the call "21" runs', spec: ERRORS },
  },
  before: async (t) => {
    const number = t.session.call('call 20', 'slow', { id: 20, steps: t.awaitedSteps });
    const string = t.session.call('call "21"', 'slow', { id: '21', steps: t.awaitedSteps });
    await Promise.all([t.untilRunning(t.session, number), t.untilRunning(t.session, string)]);
    t.session.cancel('20', 'another type');
    t.session.cancel(21, 'another type');
    const replies = [await t.awaitEnd(number), await t.awaitEnd(string)];
    t.showWitness(number.key);
    const outcome = (call: typeof number, reply: (typeof replies)[number]) => ({
      runs: t.isResult(call.id, reply || null),
      told: t.describeEnd(call.id, reply || null),
    });
    return { number: outcome(number, replies[0] || null), string: outcome(string, replies[1] || null) };
  },
  after: (t, seen) => {
    t.check('number', seen.number.runs, 'the result of call 20', seen.number.told);
    t.check('string', seen.string.runs, 'the result of call "21"', seen.string.told);
  },
});
