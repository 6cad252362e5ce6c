import { defineCase, page } from '../lib/definition.ts';

const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements');
const FLOW = page('basic/utilities/cancellation', 'cancellation-flow');

export const everyMethod = defineCase({
  id: 'L-EFF-9',
  name: 'Not only tools can be cancelled',
  description: `A slow prompt, a slow resource and a slow completion run at the same time, and are cancelled. Any request but \`initialize\` can be cancelled; a server that wires cancellation into its tools alone lets the others run.

The fixtures are what \`slowPrompt\`, \`slowResource\` and \`slowCompletion\` name.`,
  checks: {
    prompt: { level: 'SHOULD', text: 'stop prompts/get', spec: BEHAVIOR },
    resource: { level: 'SHOULD', text: 'stop resources/read', spec: BEHAVIOR },
    completion: { level: 'SHOULD', text: 'stop completion/complete', spec: BEHAVIOR },
  },
  before: async (t) => {
    const { slowPrompt, slowResource, slowCompletion, intervalMs } = t.settings;
    const key = t.freshKey();
    const pace = (name: string) => ({ key: `${key}-${name}`, steps: t.endlessSteps, intervalMs });
    const completion = () => {
      const params = t.fill('slowCompletion', slowCompletion, pace('completion'));
      const { context } = params as { context?: { arguments?: Record<string, unknown> } };
      return context?.arguments
        ? { ...params, context: { arguments: t.asTexts(context.arguments) } }
        : params;
    };
    const params: Record<string, [method: string, fixture: string, make: () => object]> = {
      prompt: [
        'prompts/get',
        slowPrompt,
        () => ({
          name: slowPrompt,
          arguments: t.asTexts(t.fill('slowArguments', t.settings.arguments.slow, pace('prompt'))),
        }),
      ],
      resource: ['resources/read', slowResource, () => ({ uri: t.fillText(slowResource, pace('resource')) })],
      completion: ['completion/complete', slowCompletion, completion],
    };
    const capability: Record<string, string> = {
      prompt: 'prompts',
      resource: 'resources',
      completion: 'completions',
    };
    const lacks: Record<string, string> = {};
    const started = [];
    for (const [name, [method, fixture, make]] of Object.entries(params)) {
      if (!fixture) lacks[name] = `the environment names no ${name} that takes long`;
      if (t.session.state.offers.indexOf(capability[name] || '') < 0)
        lacks[name] = `the target offers no ${capability[name]}`;
      if (lacks[name] !== undefined) continue;
      const call = t.session.start(name, method, make(), { key: pace(name).key, steps: t.endlessSteps });
      started.push({ name, call });
    }
    const ready = started.map(({ call }) => t.untilRunning(t.session, call));
    await Promise.all(ready);
    const watched: Record<string, Awaited<ReturnType<typeof t.cancelAndWatch>>> = {};
    const cancelled = await Promise.all(started.map(({ call }) => t.cancelAndWatch(t.session, call)));
    for (const [i, { name }] of started.entries()) watched[name] = cancelled[i] as (typeof cancelled)[number];
    return { watched, lacks };
  },
  after: (t, { watched, lacks }) => {
    for (const key of ['prompt', 'resource', 'completion'])
      if (watched[key]) t.checkStopped(key, watched[key]);
      else if (/offers no/.test(lacks[key] || '')) t.notApplicable(key, lacks[key] || '');
      else t.notObserved(key, lacks[key] || '');
  },
});

export const whileAsking = defineCase({
  id: 'L-EFF-10',
  name: 'Cancel a call that waits for its client',
  description: `A tool asks its client something (sampling or elicitation), and waits. Its call is cancelled before there is an answer: the call ends. The server may withdraw its question with a cancel of its own. When the client's answer then comes all the same, it is taken in and has no effect.

The tool is the one that \`askTool\` names.`,
  capabilities: { sampling: {}, elicitation: {} },
  checks: {
    stops: { level: 'SHOULD', text: 'stop the call that waits', spec: BEHAVIOR },
    ends: { level: 'SHOULD', text: "end the call's exchange", spec: BEHAVIOR },
    withdrawn: { level: 'MAY', text: 'withdraw the question', spec: FLOW },
    late: {
      level: 'SHOULD',
      text: 'take in an answer that comes too late',
      spec: page('basic/transports', 'sending-messages-to-the-server'),
    },
  },
  before: async (t) => {
    if (!t.settings.tools.ask) t.notObserved('the environment names no tool that asks (askTool is empty)');
    const session = t.session;
    const call = session.call('call', 'ask', { steps: t.endlessSteps });
    await t
      .untilKnown(session, call)
      .catch((error) => t.notObserved(`askTool did not wait for its client: ${error.message}`));
    const cancelled = await t.cancelAndWatch(session, call);
    const question = cancelled.messages.filter(
      ({ id, method }) => id !== undefined && method !== undefined,
    )[0];
    if (!question) return { cancelled, asked: false, withdrawn: false, late: null };
    const withdrawn = cancelled.messages.some(
      ({ method, params }) => method === 'notifications/cancelled' && params?.requestId === question.id,
    );
    const result =
      question.method === 'sampling/createMessage'
        ? { role: 'assistant', content: { type: 'text', text: 'go on' }, model: 'none' }
        : { action: 'accept', content: { answer: 'go on' } };
    const late = await t.take(session.post('answer', { jsonrpc: '2.0', id: question.id, result }));
    return { cancelled, asked: true, withdrawn, late };
  },
  after: (t, { cancelled, asked, withdrawn, late }) => {
    // A call that waits does not tick: that it came to no end is no evidence before it has been given an answer.
    if (cancelled.stop && !cancelled.stop.last.handler && !late)
      t.notObserved('stops', 'the witness does not tell of the handler');
    else t.checkStopped('stops', cancelled);
    const { leftOpen, fate } = cancelled;
    t.check('ends', !leftOpen && fate !== 'dropped', 'the end of its exchange', fate);
    if (!asked || !late) {
      t.notObserved('withdrawn', 'its question was not seen');
      return t.notObserved('late', 'its question was not seen');
    }
    t.check('withdrawn', withdrawn, 'either way', withdrawn ? 'withdrawn' : 'not withdrawn');
    const finished = t.witness ? t.witness.finished : 0;
    t.check(
      'late',
      late.status === 202 && finished === 0,
      '202, and no effect',
      `${late.told}${finished > 0 ? ', and the call went on' : ''}`,
    );
  },
});

export const wrongDirection = defineCase({
  id: 'L-EFF-11',
  name: 'A cancel in the wrong direction',
  description: `A tool asks its client something; the client posts a cancel that names the id of the *server's* request. A cancel names a request that was sent in the same direction, so this one names nothing: the server goes on waiting, and when the answer comes, the tool finishes.

What would be wrong: one table for the requests of both directions, in which a client can make a server forget what it asked. The id of the server's request is learnt through the hang-up proxy, which ends the stream early; the call runs on.`,
  capabilities: { sampling: {}, elicitation: {} },
  checks: {
    waits: { level: 'DERIVED', text: 'go on waiting for its own request', spec: FLOW },
  },
  before: async (t) => {
    if (!t.settings.tools.ask) t.notObserved('the environment names no tool that asks (askTool is empty)');
    t.needProxy();
    const session = t.session;
    let question: { id?: string | number | null; method?: string } | undefined;
    let call = null;
    for (const afterMs of [150, 600, 2400]) {
      call = session.call('call', 'ask', { hangUp: { afterMs } });
      const reply = await t.clock.within(call.exchange.ended, afterMs + t.settings.settleMs);
      if (reply && reply.hungUp === null)
        t.notObserved(`askTool did not wait for its client: HTTP ${reply.status} ${reply.body}`);
      question = reply?.messages.filter(({ id, method }) => id !== undefined && method !== undefined)[0];
      if (question) break;
      session.cancel(call.id);
    }
    if (!call || !question || question.id === undefined || question.id === null)
      return t.notObserved('no question of the server came on the stream');
    t.showWitness(call.key);
    const wrong = await t.take(session.cancel(question.id, 'wrong direction'));
    const result =
      question.method === 'sampling/createMessage'
        ? { role: 'assistant', content: { type: 'text', text: 'go on' }, model: 'none' }
        : { action: 'accept', content: { answer: 'go on' } };
    await t.take(session.post('answer', { jsonrpc: '2.0', id: question.id, result }));
    const over = await t.untilOver(session, call);
    return { wrong, over };
  },
  after: (t, { wrong, over }) => {
    const finished = t.witness ? t.witness.finished : over?.finished;
    if (finished === undefined) return t.notObserved('waits', 'no witness tells whether the tool finished');
    t.check(
      'waits',
      finished === 1,
      'the tool finishes with the answer',
      `${finished === 1 ? 'it finished' : 'it did not finish'} (the wrong cancel got ${wrong.told})`,
    );
  },
});
