import { defineCase, page } from '../lib/definition.ts';
import { ALONE, BEHAVIOR, FINISHES, HOW, STOPS } from './work.ts';

const PROGRESS = page('basic/utilities/progress', 'behavior-requirements');

export const trainingCancelled = defineCase({
  id: 'A-TRAIN-1',
  name: 'Cancel a training run',
  description: `\`train_model\` computes in a worker thread, and would do so for minutes. ${HOW}

Computing is what a cancel reaches last: a loop that computes in the server's own thread keeps the cancel itself from being read, and one in a worker never looks up. So the worker is ended from outside. Three things tell that this is so: the worker has exited, the process needs no CPU time any more, and the server's event loop was free all the while.`,
  checks: {
    ...STOPS,
    worker: { level: 'DERIVED', text: 'end the worker', spec: BEHAVIOR },
    cpu: { level: 'DERIVED', text: 'spend no more CPU time', spec: BEHAVIOR },
    loop: {
      level: 'DERIVED',
      text: 'keep the event loop free while it works (a bound of the suite)',
      spec: BEHAVIOR,
    },
  },
  before: async (t) =>
    t.cancelWork('train_model', { epochs: 10_000 }, ({ facts }) => facts.worker === 'running'),
  after: (t, seen) => {
    t.checkCancelled(seen);
    const { facts } = t.inspection;
    t.check('worker', facts.worker === 'exited', 'exited', String(facts.worker));
    // On a busy machine a worker gets only a part of a core.
    const busy = Number(seen.before.facts.cpu_ms);
    t.check(
      'cpu',
      Number(facts.cpu_ms) < busy / 3,
      `less than a third of the ${busy} ms that it spent in the same time at work`,
      `${facts.cpu_ms} ms`,
    );
    const bound = t.settings.maxCancelMs / 2;
    t.check(
      'loop',
      Number(facts.loop_delay_ms) <= bound,
      `never blocked for more than ${bound} ms`,
      `${facts.loop_delay_ms} ms at most`,
    );
  },
});

export const trainingFinished = defineCase({
  id: 'A-TRAIN-2',
  name: 'The training run, left alone',
  description: `A short training run is left alone, and tells the loss of its epochs as progress. ${ALONE}`,
  checks: {
    ...FINISHES,
    learns: { level: 'DERIVED', text: 'tell a loss that falls', spec: PROGRESS },
  },
  before: async (t) => t.finishWork('train_model', { epochs: 60, samples: 200 }),
  after: (t, seen) => {
    t.checkDone(seen);
    const losses = seen.messages
      .filter(({ method }) => method === 'notifications/progress')
      .map(({ params }) => Number(/[\d.]+/.exec(String(params?.message))?.[0]));
    const [first, last] = [losses[0], losses[losses.length - 1]];
    if (losses.length === 0) t.notApplicable('learns', 'the answer came as JSON, which has no frames');
    else
      t.check(
        'learns',
        Number(last) < Number(first),
        'less after the last epoch than after the first',
        `${first}, then ${last}`,
      );
  },
});
