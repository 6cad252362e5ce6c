import { page } from '../lib/definition.ts';
import type { StepDefinition } from '../lib/step.ts';

/** The requests of the walkthrough: what each sends, and what is judged. */

const SENDING = page('basic/transports', 'sending-messages-to-the-server');
const SESSIONS = page('basic/transports', 'session-management');
const CANCELLATION = page('basic/utilities/cancellation', 'behavior-requirements');
const TIMING = page('basic/utilities/cancellation', 'timing-considerations');

/** What is told of a step: the same request stands in two rounds. */
export type Texts = Pick<StepDefinition, 'id' | 'name' | 'description'>;

const json = (text: string) => text.trim();

export const initialize = (texts: Texts): StepDefinition => ({
  ...texts,
  method: 'POST',
  inSession: false,
  body: json(`
{
  "jsonrpc": "2.0",
  "id": 0,
  "method": "initialize",
  "params": {
    "protocolVersion": "{{protocolVersion}}",
    "capabilities": {},
    "clientInfo": { "name": "postman", "version": "1" }
  }
}`),
  checks: {
    answers: {
      level: 'MUST',
      text: 'answer initialize with the revision to use',
      spec: page('basic/lifecycle', 'initialization'),
    },
  },
  before: (walk) => {
    walk.set('sessionId', '');
    walk.set('revision', '');
    walk.set('sentId', '');
    walk.set('callId', '0');
  },
  after: (walk) => {
    const answer = walk.answers(0)[0];
    const result = answer?.result || {};
    const { protocolVersion, capabilities } = result;
    if (typeof protocolVersion === 'string') {
      walk.set('revision', protocolVersion);
      walk.set('sessionId', walk.reply.sessionId);
      const { experimental } = (capabilities || {}) as { experimental?: object };
      walk.set('understandsCancelRequest', '$/cancelRequest' in (experimental || {}) ? 'yes' : '');
    }
    walk.check(
      'answers',
      typeof protocolVersion === 'string',
      'a result with protocolVersion',
      answer ? walk.brief(answer) : `HTTP ${walk.reply.status} without an answer`,
    );
  },
});

export const initialized = (texts: Texts): StepDefinition => ({
  ...texts,
  method: 'POST',
  inSession: true,
  body: json(`
{
  "jsonrpc": "2.0",
  "method": "notifications/initialized"
}`),
  checks: {
    accepted: { level: 'MUST', text: 'accept the notification with 202 and an empty body', spec: SENDING },
  },
  before: () => {},
  after: (walk) => {
    // The id of the next call is settled now, before that call is sent: nobody can read it in an answer that is to come.
    walk.prepareCall();
    const { status, body } = walk.reply;
    walk.check(
      'accepted',
      status === 202 && body === '',
      '202, empty',
      `${status}, ${body.length} characters; the next call will have the id ${walk.get('callId')}`,
    );
  },
});

export const startCall = (texts: Texts): StepDefinition => ({
  ...texts,
  method: 'POST',
  inSession: true,
  body: json(`
{
  "jsonrpc": "2.0",
  "id": {{callId}},
  "method": "tools/call",
  "params": {
    "name": "{{callTool}}",
    "arguments": {{callArguments}},
    "_meta": { "progressToken": "{{callKey}}" }
  }
}`),
  checks: {
    once: {
      level: 'MUST',
      text: 'answer at most once, with the id of the call',
      spec: page('basic', 'responses'),
    },
  },
  before: (walk) => {
    // An id must not be used twice in a session: sent again, the call takes the next one.
    if (walk.get('sentId') === walk.get('callId')) walk.prepareCall();
    walk.set('sentId', walk.get('callId'));
  },
  after: (walk) => {
    const answers = walk.answers(Number(walk.get('sentId')));
    const answer = answers[0];
    const closed = `HTTP ${walk.reply.status}, and the exchange closed without an answer`;
    const end = !answer ? closed : answer.error ? walk.brief(answer) : 'its result';
    walk.set('callEnd', end);
    // What another tab did meanwhile is not known to this script.
    const why = !answer
      ? 'as it may after a cancel'
      : answer.error
        ? 'it was cancelled while it ran'
        : 'nobody cancelled it while it ran';
    walk.check(
      'once',
      walk.reply.status > 0 && answers.length <= 1,
      'its result; or, where it was cancelled, an error or nothing',
      answers.length > 1 ? `${answers.length} answers` : `${end}: ${why}`,
    );
  },
});

export const lookAt = (texts: Texts): StepDefinition => ({
  ...texts,
  method: 'POST',
  inSession: true,
  body: json(`
{
  "jsonrpc": "2.0",
  "id": "state",
  "method": "tools/call",
  "params": {
    "name": "{{stateTool}}",
    "arguments": {{witnessArguments}}
  }
}`),
  checks: {
    stopped: {
      level: 'SHOULD',
      text: 'stop the handler of a call that was cancelled while it ran',
      spec: CANCELLATION,
    },
    late: { level: 'DERIVED', text: 'leave a call alone that had ended before its cancel', spec: TIMING },
  },
  before: () => {},
  after: (walk) => {
    const neither = (why: string) => {
      walk.notObserved('stopped', why);
      walk.notObserved('late', why);
    };
    if (!walk.settings.tools.state) return neither('the environment names no stateTool');
    const result = walk.answers('state')[0]?.result as
      | { structuredContent?: { ticks: number; finished: number; handler?: string } }
      | undefined;
    const state = result?.structuredContent;
    if (!state) return neither(`the witness did not answer: HTTP ${walk.reply.status}`);
    const { ticks, finished, handler } = state;
    const told = `${ticks} ticks, finished ${finished}${handler ? `, its handler ${handler}` : ''}`;
    const met = walk.get('cancelMet');
    if (met === '') return neither(`${told}; no cancel was sent for it yet`);
    if (met === 'late') {
      walk.notApplicable('stopped', 'the cancel came late: there was nothing to stop');
      walk.check('late', finished === 1, 'finished 1', told);
    } else {
      walk.check(
        'stopped',
        finished === 0 && handler !== 'running',
        'finished 0, and no handler running',
        told,
      );
      walk.notApplicable('late', 'the cancel came in time');
    }
  },
});

export const ping = (texts: Texts): StepDefinition => ({
  ...texts,
  method: 'POST',
  inSession: true,
  body: json(`
{
  "jsonrpc": "2.0",
  "id": "ping",
  "method": "ping"
}`),
  checks: {
    answers: {
      level: 'MUST',
      text: 'answer a ping',
      spec: page('basic/utilities/ping', 'behavior-requirements'),
    },
  },
  before: () => {},
  after: (walk) => {
    const answer = walk.answers('ping')[0];
    walk.check(
      'answers',
      !!answer && answer.result !== undefined,
      'an empty result',
      answer ? walk.brief(answer) : `HTTP ${walk.reply.status}`,
    );
  },
});

export const end = (texts: Texts): StepDefinition => ({
  ...texts,
  method: 'DELETE',
  inSession: true,
  checks: {
    ended: { level: 'DERIVED', text: 'end the session, or say by 405 that clients cannot', spec: SESSIONS },
  },
  before: () => {},
  after: (walk) => {
    const { status } = walk.reply;
    if (!walk.get('sessionId')) walk.notApplicable('ended', 'the server has no sessions');
    else
      walk.check('ended', status === 405 || (status >= 200 && status < 300), '2xx or 405', `HTTP ${status}`);
    walk.set('sessionId', '');
    walk.set('revision', '');
  },
});

const accepted = {
  level: 'MUST',
  text: 'accept the notification with 202 and an empty body',
  spec: SENDING,
} as const;

/** Cancels by `notifications/cancelled`, which the specification knows. */
export const cancel = (texts: Texts): StepDefinition => ({
  ...texts,
  method: 'POST',
  inSession: true,
  body: json(`
{
  "jsonrpc": "2.0",
  "method": "notifications/cancelled",
  "params": {
    "requestId": {{callId}},
    "reason": "The user pressed stop"
  }
}`),
  checks: { accepted },
  before: (walk) => {
    // That the call has been sent is nothing to rely on here: its tab may still keep that to itself.
    walk.set('cancelMet', walk.get('callEnd') ? 'late' : 'in flight');
  },
  after: (walk) => {
    const { status, body } = walk.reply;
    const met = {
      'in flight': 'before an end of the call was seen',
      late: `a late cancel, which changes nothing: the call had ended before, with ${walk.get('callEnd')}`,
      '': 'the server does not say that it understands this',
    }[walk.get('cancelMet')];
    walk.check(
      'accepted',
      status === 202 && body === '',
      '202, empty',
      `${status}, ${body.length} characters; ${met}`,
    );
  },
});

/** Cancels by `$/cancelRequest`, as the Language Server Protocol does. */
export const cancelRequest = (texts: Texts): StepDefinition => ({
  ...cancel(texts),
  body: json(`
{
  "jsonrpc": "2.0",
  "method": "$/cancelRequest",
  "params": {
    "id": {{callId}}
  }
}`),
  before: (walk) => {
    if (walk.get('understandsCancelRequest'))
      walk.set('cancelMet', walk.get('callEnd') ? 'late' : 'in flight');
  },
});
