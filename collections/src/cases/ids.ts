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
    const { ends } = await t.beside([{ id: 20 }, { id: '21' }], async (_calls, session) => {
      await t.take(session.cancel('20', 'another type'));
      await t.take(session.cancel(21, 'another type'));
    });
    return ends;
  },
  after: (t, [number, string]) => {
    t.checkFinished('number', number);
    t.checkFinished('string', string);
  },
});

const REQUEST_ID = page('basic', 'requests');

export const everyId = defineCase({
  id: 'L-ID-1',
  name: 'Every kind of id',
  description: `Eight calls run at the same time, each with another kind of id; each is cancelled by its id. An id is a string or an integer, and every one of them names its call: \`0\` and the empty string are ids like any other.

What would be wrong: a server that takes \`0\` or \`""\` for "no id" (the TypeScript SDK 1.x does), that reads ids as numbers only, or as strings only, or that loses the last digits of a large one.`,
  checks: {
    positive: { level: 'DERIVED', text: 'cancel a call with a positive integer', spec: REQUEST_ID },
    zero: { level: 'DERIVED', text: 'cancel a call with the id 0', spec: REQUEST_ID },
    negative: { level: 'DERIVED', text: 'cancel a call with a negative integer', spec: REQUEST_ID },
    largest: { level: 'DERIVED', text: 'cancel a call with the id 9007199254740991', spec: REQUEST_ID },
    string: { level: 'DERIVED', text: 'cancel a call with a string', spec: REQUEST_ID },
    empty: { level: 'DERIVED', text: 'cancel a call with the empty string', spec: REQUEST_ID },
    numeric: { level: 'DERIVED', text: 'cancel a call with a string of digits', spec: REQUEST_ID },
    unicode: { level: 'DERIVED', text: 'cancel a call with a string beyond ASCII', spec: REQUEST_ID },
  },
  before: async (t) => {
    const ids = [31, 0, -7, 9007199254740991, 'call-1', '', '42', 'приём-✓-電話'];
    return t.cancelEach(ids.map((id) => ({ id })));
  },
  after: (t, seen) => {
    const keys = ['positive', 'zero', 'negative', 'largest', 'string', 'empty', 'numeric', 'unicode'];
    for (const [i, key] of keys.entries()) t.checkStopped(key, seen[i]);
  },
});

export const bothTypes = defineCase({
  id: 'L-ID-3',
  name: 'The same characters as two ids',
  description: `Four calls run at the same time: \`5\`, \`"5"\`, \`6\` and \`"6"\`. The cancels name \`5\` and \`"6"\`. The call \`"5"\` and the call \`6\` are others, and go on to their results.

What would be wrong: a server that keeps its calls in an object, or under \`String(id)\`: the second call takes the place of the first, and a cancel stops the wrong one, or both.`,
  checks: {
    string: { level: 'DERIVED', text: 'let "5" finish when 5 is cancelled', spec: REQUEST_ID },
    number: { level: 'DERIVED', text: 'let 6 finish when "6" is cancelled', spec: REQUEST_ID },
    named: { level: 'DERIVED', text: 'give no result for the two that were named', spec: REQUEST_ID },
  },
  before: async (t) => {
    const steps = t.endlessSteps;
    const options = [{ id: 5, steps }, { id: '5' }, { id: 6 }, { id: '6', steps }];
    const { seen, ends } = await t.beside(options, async (calls, session) => {
      const [five, , , six] = calls as [(typeof calls)[0], unknown, unknown, (typeof calls)[0]];
      const sent = [session.cancel(five.id), session.cancel(six.id)] as const;
      const watched = [
        t.cancelAndWatch(session, five, () => sent[0]),
        t.cancelAndWatch(session, six, () => sent[1]),
      ] as const;
      // The calls that are not named must still run when the cancels arrive.
      await Promise.all(sent.map((exchange) => t.take(exchange)));
      return watched;
    });
    return { string: ends[0], number: ends[1], five: await seen[0], six: await seen[1] };
  },
  after: (t, seen) => {
    t.checkFinished('string', seen.string);
    t.checkFinished('number', seen.number);
    const results = [seen.five, seen.six].filter(({ resultAfterMs }) => resultAfterMs !== null);
    const told = ({ fate, resultAfterMs }: typeof seen.five) =>
      resultAfterMs === null ? fate : `a result, ${resultAfterMs} ms after the cancel`;
    const fates = `5: ${told(seen.five)}; "6": ${told(seen.six)}`;
    if (results.length === 0 && (seen.five.leftOpen || seen.six.leftOpen))
      t.notObserved('named', `an exchange was left open; ${fates}`);
    else t.check('named', results.length === 0, 'no result', fates);
  },
});
