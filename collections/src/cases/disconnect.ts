import { defineCase, page } from '../lib/definition.ts';

const SENDING = page('basic/transports', 'sending-messages-to-the-server');
const LISTENING = page('basic/transports', 'listening-for-messages-from-the-server');
const RESUMING = page('basic/transports', 'resumability-and-redelivery');

export const droppedStream = defineCase({
  id: 'L-DISC-1',
  name: 'A dropped stream does not cancel',
  description: `Two calls stream their progress; then their connections are dropped from outside by the hang-up proxy, one in order (FIN), one by a reset (RST). Connections break for many reasons: in the 2025 revisions that is no cancel, and both calls run to their ends. The witness tells. What would be wrong: a server that stops work which its client still wants, each time a proxy cuts an idle connection.`,
  checks: {
    fin: { level: 'SHOULD', text: 'let a call finish whose connection was closed', spec: SENDING },
    rst: { level: 'SHOULD', text: 'let a call finish whose connection was reset', spec: SENDING },
  },
  before: async (t) => {
    t.needProxy();
    if (!t.settings.tools.state)
      t.notObserved('no witness (stateTool is empty): nothing else tells whether the calls ran on');
    if (!(await t.streams())) t.notApplicable('the target answers in JSON (see L-DISC-2)');
    return t.dropBothWays();
  },
  after: (t, [fin, rst]) => {
    t.checkRanOn('fin', fin);
    t.checkRanOn('rst', rst);
  },
});

export const droppedJson = defineCase({
  id: 'L-DISC-2',
  name: 'A dropped request without a stream does not cancel',
  description: `The same for a target that answers in JSON: the connection is dropped while nothing has come back yet. The text of the rule stands under the streams; what it says of connections holds here, too. What would be wrong: a server that stops work whose client will ask for the result again.`,
  checks: {
    fin: { level: 'SHOULD', text: 'let a call finish whose connection was closed', spec: SENDING },
    rst: { level: 'SHOULD', text: 'let a call finish whose connection was reset', spec: SENDING },
  },
  before: async (t) => {
    t.needProxy();
    if (!t.settings.tools.state)
      t.notObserved('no witness (stateTool is empty): nothing else tells whether the calls ran on');
    if (await t.streams()) t.notApplicable('the target answers with a stream (see L-DISC-1)');
    return t.dropBothWays();
  },
  after: (t, [fin, rst]) => {
    t.checkRanOn('fin', fin);
    t.checkRanOn('rst', rst);
  },
});

export const dropThenCancel = defineCase({
  id: 'L-DISC-3',
  name: 'A cancel after the drop',
  description: `The connection of a call is dropped, and the call runs on. Now its client really wants it to stop, and posts a cancel on a new connection: that works as if nothing had happened. What would be wrong: a server that forgets a call with its connection, so that it can no longer be stopped.`,
  checks: {
    accepted: { level: 'SHOULD', text: 'accept the cancel', spec: SENDING },
    stops: { level: 'SHOULD', text: 'stop the call that nobody listens to', spec: SENDING },
  },
  before: async (t) => {
    t.needProxy();
    const { call } = await t.drop(t.session, 'dropped', { endless: true });
    if (!(await t.outlives(t.session, call)))
      t.notObserved('the call did not outlive its connection (see L-DISC-1): there is nothing to cancel');
    const cancel = t.session.cancel(call.id, 'nobody listens');
    const taken = await t.take(cancel);
    t.showWitness(call.key);
    return { taken, stop: await t.watch(t.session, call, cancel.sentMs) };
  },
  after: (t, { taken, stop }) => {
    t.check('accepted', taken.status === 202, 'HTTP 202', taken.told);
    t.checkAtRest('stops', stop);
  },
});

export const droppedListener = defineCase({
  id: 'L-DISC-4',
  name: 'A dropped GET stream touches no call',
  description: `The session's own stream, opened by GET, is dropped while a call runs. The call has its own exchange and goes on; and the stream can be opened again. What would be wrong: a session that ends with its stream, or a stream that stays taken by a connection that is gone.`,
  checks: {
    untouched: { level: 'DERIVED', text: 'let the running call finish', spec: LISTENING },
    again: { level: 'DERIVED', text: 'open the stream again', spec: LISTENING },
  },
  before: async (t) => {
    t.needProxy();
    const open = async (session: typeof t.session) => {
      const stream = session.listen('GET', { hangUp: { afterMs: 60 } });
      const reply = await t.clock.within(t.clock.spending(stream.ended), t.settings.settleMs);
      return reply || null;
    };
    const { seen, ends } = await t.beside(1, async (_calls, session) => ({
      session,
      first: await open(session),
    }));
    const { session, first } = seen;
    if (first?.status === 405) t.notApplicable('the target offers no stream by GET: HTTP 405');
    // A server may take a moment to notice that the first stream is gone.
    const second = await t.clock.until(
      async () => {
        const reply = await open(session);
        return reply && t.isStream(reply) ? reply : undefined;
      },
      t.settings.settleMs,
      50,
    );
    return {
      dropped: first?.hungUp || null,
      begun: first !== null && t.isStream(first),
      again: second ? second.hungUp || `HTTP ${second.status}` : null,
      end: ends[0],
    };
  },
  after: (t, { dropped, begun, again, end }) => {
    if (!dropped) {
      for (const key of ['untouched', 'again']) t.notObserved(key, 'the stream could not be dropped');
      return;
    }
    t.checkFinished('untouched', end);
    // Some servers send nothing, not even the head of the response, before there is something to tell.
    if (!begun && again === null)
      t.notObserved('again', 'nothing of the stream had come when it was dropped');
    else t.check('again', again !== null, 'a stream', again || `none within ${t.settings.settleMs} ms`);
  },
});

export const resumed = defineCase({
  id: 'L-DISC-5',
  name: 'What a broken stream missed can be fetched',
  description: `Two calls stream side by side. The connection of the first is dropped; when both calls are over, its client comes back with \`Last-Event-ID\`. If the server keeps events, it now sends what was missed on *that* stream, the result among it, and nothing of the other call's. What would be wrong: another call's messages, which the client would take for its own.`,
  checks: {
    missed: { level: 'MAY', text: 'send what was missed, with the response', spec: RESUMING },
    only: { level: 'MUST', text: 'send nothing that belongs to another stream', spec: RESUMING },
  },
  before: async (t) => {
    t.needProxy();
    const session = t.session;
    if (!(await t.streams())) t.notApplicable('the target answers in JSON');
    const other = session.call('other', 'slow', { steps: Math.ceil(400 / t.settings.intervalMs) });
    const { call, reply } = await t.drop(session, 'dropped', { begun: true });
    t.showWitness(call.key);
    const ids = t.eventIds(reply);
    const lastEventId = ids[ids.length - 1];
    if (lastEventId === undefined) t.notApplicable("the stream's events carried no ids");
    await t.awaitEnd(other);
    await t.untilOver(session, call);
    const back = await t.resume(session, lastEventId || '');
    const foreign = back.messages.filter(
      ({ id, method, params }) =>
        (method === undefined && id !== call.id) ||
        (method === 'notifications/progress' && params?.progressToken !== call.key),
    );
    const responses = back.messages.filter(({ id, method }) => method === undefined && id === call.id);
    return {
      told: back.told,
      offered: back.offered,
      count: back.messages.length,
      responses: responses.length,
      foreign: foreign.length,
    };
  },
  after: (t, { told, offered, count, responses, foreign }) => {
    t.check(
      'missed',
      responses === 1,
      'the response',
      responses === 1 ? `${count} messages, the response among them` : told,
    );
    // The error that a refusal comes with is nobody's message.
    if (!offered || count === 0) t.notApplicable('only', `nothing was sent again: ${told}`);
    else t.check('only', foreign === 0, 'nothing of another stream', `${foreign} of ${count} messages`);
  },
});

export const dropCancelResume = defineCase({
  id: 'L-DISC-6',
  name: 'Dropped, cancelled, fetched',
  description: `The connection of a call is dropped, the call is cancelled, and its client comes back with \`Last-Event-ID\`. There is no result, as nothing was finished; and the stream that it comes back to ends, or is refused. What would be wrong: a stream that stays open for a call that no longer is.`,
  checks: {
    result: { level: 'SHOULD', text: 'send no result for the cancelled call', spec: RESUMING },
    ends: { level: 'SHOULD', text: 'end the resumed stream, or refuse it', spec: RESUMING },
  },
  before: async (t) => {
    t.needProxy();
    if (!(await t.streams())) t.notApplicable('the target answers in JSON');
    const { call, reply } = await t.drop(t.session, 'dropped', { endless: true, begun: true });
    const ids = t.eventIds(reply);
    const lastEventId = ids[ids.length - 1];
    if (lastEventId === undefined) t.notApplicable("the stream's events carried no ids");
    if (!(await t.outlives(t.session, call)))
      t.notObserved('the call did not outlive its connection (see L-DISC-1): there is nothing to cancel');
    const cancel = t.session.cancel(call.id, 'nobody listens');
    await t.take(cancel);
    await t.watch(t.session, call, cancel.sentMs);
    t.showWitness(call.key);
    const back = await t.resume(t.session, lastEventId || '');
    return {
      ...back,
      result: back.messages.some(({ id, result }) => id === call.id && result !== undefined),
    };
  },
  after: (t, { result, ended, told }) => {
    t.check('result', !result, 'no result', told);
    t.check('ends', ended, 'the end of the stream', told);
  },
});
