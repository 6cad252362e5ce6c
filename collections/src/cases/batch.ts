import { defineCase } from '../lib/definition.ts';
import { ALONE, BEHAVIOR, CALLING, FINISHES, HOW, STOPS } from './work.ts';

export const batchCancelled = defineCase({
  id: 'A-BATCH-1',
  name: 'Cancel a batch',
  description: `\`process_batch\` works on 10,000 items, four at a time. ${HOW}

A batch is where a cancel must not undo what is done. It is looked for between two items: none is begun any more, those in flight are finished, and what is done is kept. The tool counts done, in flight and never started apart, and the three have to add up to what was asked for: an item that is in none of them is lost, and one in two of them is counted twice. What is kept is counted in the output itself, by the numbers of the items.`,
  checks: {
    ...STOPS,
    sum: { level: 'DERIVED', text: 'know of every item what became of it', spec: BEHAVIOR },
    kept: { level: 'DERIVED', text: 'keep what is done', spec: BEHAVIOR },
  },
  before: async (t) =>
    t.cancelWork('process_batch', { items: 10_000 }, ({ facts }) => Number(facts.done) > 0),
  after: (t, seen) => {
    t.checkCancelled(seen);
    const { facts } = t.inspection;
    // What was asked for, and not the total that the tool tells.
    const asked = 10_000;
    const [done, inFlight, never] = ['done', 'in_flight', 'never_started'].map((name) => Number(facts[name]));
    t.check(
      'sum',
      Number(done) + Number(inFlight) + Number(never) === asked && Number(never) > 0,
      'done, in flight and never started are what was asked for, and some were never started',
      `${done} done + ${inFlight} in flight + ${never} never started, of ${asked}`,
    );
    t.check(
      'kept',
      Number(done) > 0 && facts.kept === done,
      `${done} in the output`,
      `${facts.kept} in the output`,
    );
  },
});

export const batchFinished = defineCase({
  id: 'A-BATCH-2',
  name: 'The batch, left alone',
  description: `A batch of a few items is left alone: each of them is done, and kept. ${ALONE}`,
  checks: {
    ...FINISHES,
    kept: { level: 'DERIVED', text: 'keep every item', spec: CALLING },
  },
  before: async (t) => t.finishWork('process_batch', { items: 20, item_ms: 10 }),
  after: (t, seen) => {
    t.checkDone(seen);
    const { done, kept } = t.inspection.facts;
    t.check(
      'kept',
      done === 20 && kept === 20,
      '20 done, 20 in the output',
      `${done} done, ${kept} in the output`,
    );
  },
});
