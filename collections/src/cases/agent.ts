import { defineCase, page } from '../lib/definition.ts';
import { ALONE, BEHAVIOR, CALLING, FINISHES, HOW, STOPS } from './work.ts';

export const agentCancelled = defineCase({
  id: 'A-AGENT-1',
  name: 'Cancel an agent',
  description: `\`run_agent\` makes a plan, runs the four other tools side by side as parts of its own call, and asks its client's model something while they work. ${HOW}

A cancel names one call; whatever that call has started has no id that a client could name. So it has to go down the whole tree: every branch has a witness and a resource of its own, and each is asked. The question to the client is a request in the other direction, and the agent withdraws it with a \`notifications/cancelled\` of its own: a model that goes on thinking for nobody costs as much as one that is needed.`,
  capabilities: { sampling: {} },
  checks: {
    ...STOPS,
    branches: { level: 'SHOULD', text: 'stop every branch, as its witness tells', spec: BEHAVIOR },
    withdrawn: {
      level: 'DERIVED',
      text: 'withdraw its question to the client',
      spec: page('basic/utilities/cancellation', 'cancellation-flow'),
    },
  },
  before: async (t) => {
    const tools = ['query_database', 'train_model', 'call_api', 'process_batch'];
    const work = await t.cancelWork('run_agent', { goal: 'Find out whether everything stops' }, ({ facts }) =>
      tools.every((tool) => String(facts.branches).split(' ').indexOf(tool) >= 0),
    );
    const branches = [];
    for (const tool of tools)
      branches.push({ tool, witness: await t.session.witness(`${work.cancelled.key}/${tool}`) });
    return { ...work, branches };
  },
  after: (t, seen) => {
    t.checkCancelled(seen);
    const stopped = seen.branches.filter(
      ({ witness }) => witness?.handler === 'ended' && witness.cancelled === 1 && witness.finished === 0,
    );
    t.check(
      'branches',
      stopped.length === seen.branches.length,
      `handler ended, cancelled 1, finished 0, in ${seen.branches.length} branches`,
      seen.branches
        .map(({ tool, witness }) =>
          witness
            ? `${tool}: handler ${witness.handler}, cancelled ${witness.cancelled}, finished ${witness.finished}`
            : `${tool}: no witness`,
        )
        .join('; '),
    );
    const { messages, leftOpen, frameless } = seen.cancelled;
    const question = messages.filter(({ method }) => method === 'sampling/createMessage')[0];
    const withdrawn = messages.some(
      ({ method, params }) => method === 'notifications/cancelled' && params?.requestId === question?.id,
    );
    if (frameless) t.notApplicable('withdrawn', 'the answer came as JSON: there was no stream to ask on');
    else if (leftOpen && !question) t.notObserved('withdrawn', 'the stream was left open');
    else
      t.check(
        'withdrawn',
        question !== undefined && withdrawn,
        'notifications/cancelled with the id of its sampling/createMessage',
        question
          ? `sampling/createMessage id=${JSON.stringify(question.id)}, ${withdrawn ? 'withdrawn' : 'not withdrawn'}`
          : 'no question',
      );
  },
});

export const agentFinished = defineCase({
  id: 'A-AGENT-2',
  name: 'The agent, left alone',
  description: `An agent that makes little effort is left alone, by a client that has no model to ask: each of its tools comes to its end. ${ALONE}`,
  checks: {
    ...FINISHES,
    steps: { level: 'DERIVED', text: 'complete every step', spec: CALLING },
  },
  before: async (t) => t.finishWork('run_agent', { goal: 'Find out whether everything ends', effort: 1 }),
  after: (t, seen) => {
    t.checkDone(seen);
    const steps = (Array.isArray(seen.result.steps) ? seen.result.steps : []) as Array<{
      tool: string;
      outcome: string;
    }>;
    t.check(
      'steps',
      steps.length === 4 && steps.every(({ outcome }) => outcome === 'completed'),
      'four steps, all completed',
      steps.map(({ tool, outcome }) => `${tool} ${outcome}`).join(', ') || 'no steps',
    );
  },
});
