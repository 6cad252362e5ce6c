import { defineCase, page } from '../lib/definition.ts';

const TIMING = page('basic/utilities/cancellation', 'timing-considerations');
const RESPONSES = page('basic', 'responses');

export const sweep = defineCase({
  id: 'L-RACE-2',
  name: 'A hundred races between the cancel and the end of the call',
  description: `A hundred short calls, each with a cancel that leaves between 0 and twice the call's duration later: too early, in the middle, at the very end, too late. It is measured first how long the call takes. Ten run at a time, and each ten cover the whole range; where most of them end alike, the next ten cover a longer or a shorter one.

Each trial ends well in either way, with a result or cancelled; but never with two answers, never with a result and an error, and never with a session that stands still. Where both outcomes did not occur at least ten times each, the race was not run, and of the answers nothing is concluded but what was seen to be wrong.`,
  checks: {
    once: { level: 'MUST', text: 'send at most one response for each call', spec: RESPONSES },
    both: { level: 'MUST', text: 'never send a result and an error', spec: RESPONSES },
    answered: { level: 'MUST', text: 'take every cancel gracefully', spec: TIMING },
    alive: { level: 'MUST', text: 'go on serving the session', spec: TIMING },
  },
  before: async (t) => {
    const batches = 10;
    const size = 10;
    const steps = 3;
    const session = t.session;
    const timed = session.call('measured', 'slow', { steps });
    const alone = await t.awaitEnd(timed);
    if (!alone.finished || timed.exchange.endedMs === null)
      throw new Error(`a call that nobody cancels did not finish: ${alone.told}`);
    const handlerMs = timed.exchange.endedMs - timed.exchange.sentMs;
    const outcomes = { result: 0, cancelled: 0, leftOpen: 0, unanswered: 0 };
    const wrong = {
      once: [] as string[],
      both: [] as string[],
      answered: [] as string[],
      alive: [] as string[],
    };
    let rangeMs = 2 * handlerMs;
    let patienceMs = t.settings.settleMs;

    const trial = async (name: string, delayMs: number) => {
      const call = session.call(name, 'slow', { steps });
      await t.clock.sleep(delayMs);
      const taken = await t.take(session.cancel(call.id, undefined, name));
      const reply = await t.clock.within(call.exchange.ended, patienceMs);
      const answers = (reply ? reply.messages : []).filter(
        ({ id, method }) => id === call.id && method === undefined,
      );
      const results = answers.filter(({ result }) => result !== undefined).length;
      if (!reply) outcomes.leftOpen += 1;
      if (results > 0) outcomes.result += 1;
      else outcomes.cancelled += 1;
      if (taken.status === 0) outcomes.unanswered += 1;
      if (!taken.gracefully) wrong.answered.push(`${name}: ${taken.told}`);
      if (answers.length > 1) wrong.once.push(`${name}: ${answers.length} responses`);
      if (results > 0 && results < answers.length) wrong.both.push(`${name}: a result and an error`);
      const error = answers.filter((answer) => answer.error)[0]?.error;
      const end = !reply
        ? 'left open'
        : results > 0
          ? 'a result'
          : error
            ? `error ${error.code}`
            : 'no response';
      return `${name}: cancelled after ${delayMs} ms, ${taken.told}; ${end}`;
    };

    for (let batch = 0; batch < batches; batch++) {
      const cancelledBefore = outcomes.cancelled;
      await t.briefly(async () => {
        const before = wrong.once.length + wrong.both.length + wrong.answered.length;
        const trials = [];
        for (let i = 0; i < size; i++) {
          const part = (i * batches + batch) / (batches * size - 1);
          trials.push(trial(`trial ${batch * size + i + 1}`, Math.round(rangeMs * part)));
        }
        const lines = await Promise.all(trials);
        return wrong.once.length + wrong.both.length + wrong.answered.length > before ? null : lines;
      });
      if (!(await session.ping())) {
        wrong.alive.push(`no answer to a ping after ${(batch + 1) * size} trials`);
        break;
      }
      // A target that does not answer cancels is not worth waiting for a hundred times.
      if (outcomes.unanswered > 0) break;
      // Ten calls at once take longer than one alone, and on a busy machine nothing takes as long as it did.
      const cancelled = outcomes.cancelled - cancelledBefore;
      if (cancelled > 0.7 * size) rangeMs *= 1.5;
      if (cancelled < 0.3 * size) rangeMs /= 1.5;
      // Nor is one that leaves exchanges open.
      if (outcomes.leftOpen > 0) patienceMs = Math.min(patienceMs, 4 * handlerMs + 200);
    }
    return { outcomes, wrong, handlerMs };
  },
  after: (t, { outcomes, wrong, handlerMs }) => {
    const { result, cancelled, leftOpen } = outcomes;
    const told = `${result} results, ${cancelled} cancelled${leftOpen > 0 ? ` (${leftOpen} left open)` : ''}, of calls that take ${handlerMs} ms when alone`;
    const report = (key: 'once' | 'both' | 'answered' | 'alive', expected: string) =>
      t.check(key, wrong[key].length === 0, expected, wrong[key].slice(0, 3).join('; ') || told);
    report('answered', '202 or 4xx every time');
    report('alive', 'an answer to a ping after every ten trials');
    const raced = result >= 10 && cancelled >= 10;
    const reportRace = (key: 'once' | 'both', expected: string) => {
      if (raced || wrong[key].length > 0) report(key, expected);
      else t.notObserved(key, `the race was not run: ${told}; both outcomes are needed ten times`);
    };
    reportRace('once', 'at most one response');
    reportRace('both', 'a result or an error');
  },
});
