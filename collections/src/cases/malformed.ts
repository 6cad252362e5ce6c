import { defineCase, page } from '../lib/definition.ts';

const ERRORS = page('basic/utilities/cancellation', 'error-handling');

export const unknownId = defineCase({
  id: 'L-BAD-1',
  name: 'A cancel of an unknown id',
  description: `While a call runs, two cancels name ids that nobody has used: a number and a string. They are ignored: 202, or an HTTP error that says so; never a JSON-RPC response, as nothing was asked. The running call is not touched.`,
  checks: {
    number: { level: 'SHOULD', text: 'ignore an unknown number', spec: ERRORS },
    string: { level: 'SHOULD', text: 'ignore an unknown string', spec: ERRORS },
    untouched: { level: 'SHOULD', text: 'leave the running call alone', spec: ERRORS },
  },
  before: async (t) => {
    const call = t.session.call('call', 'slow', { steps: t.awaitedSteps });
    await t.untilRunning(t.session, call);
    const sent = [t.session.cancel(987654321, 'unknown'), t.session.cancel('nobody', 'unknown')];
    const told = [];
    for (const cancel of sent) {
      const reply = await t.clock.within(cancel.ended, t.settings.settleMs);
      const status = reply ? reply.status : 0;
      const answered = reply
        ? reply.messages.some((message) => message.id !== undefined && message.id !== null)
        : false;
      told.push({
        ignored: (status === 202 || (status >= 400 && status < 500)) && !answered,
        observed: `HTTP ${status}${answered ? ' with a JSON-RPC response' : ''}`,
      });
    }
    const end = await t.awaitEnd(call);
    t.showWitness(call.key);
    return { told, runs: t.isResult(call.id, end), end: t.describeEnd(call.id, end) };
  },
  after: (t, seen) => {
    const expected = '202 or 4xx, and no JSON-RPC response';
    const [number, string] = seen.told;
    t.check('number', number?.ignored === true, expected, number ? number.observed : 'nothing');
    t.check('string', string?.ignored === true, expected, string ? string.observed : 'nothing');
    t.check('untouched', seen.runs, 'its result', seen.end);
  },
});
