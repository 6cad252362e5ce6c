import { defineCase, page } from '../lib/definition.ts';

const SESSIONS = page('basic/transports', 'session-management');
const VERSION = page('basic/transports', 'protocol-version-header');
const SECURITY = page('basic/transports', 'security-warning');

export const withoutSession = defineCase({
  id: 'L-SES-1',
  name: 'A cancel without the session header',
  description: `The target assigns sessions; the cancel comes without \`Mcp-Session-Id\`. Nobody knows whose call it means, so it is refused with 400 and stops nothing. What would be wrong: a 202, with which a cancel is lost and nobody knows, or a server that looks for the id in all sessions.`,
  checks: {
    status: { level: 'SHOULD', text: 'refuse it with 400', spec: SESSIONS },
    untouched: { level: 'SHOULD', text: 'let the call that it names finish', spec: SESSIONS },
  },
  before: async (t) => {
    if (!t.session.state.id) t.notApplicable('the target has no sessions');
    return t.provoke(
      { none: (requestId) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }) },
      { none: { 'Mcp-Session-Id': null } },
    );
  },
  after: (t, { inputs: { none } }) => {
    t.check('status', none?.taken.status === 400, 'HTTP 400', none ? none.taken.told : 'nothing');
    t.checkFinished('untouched', none?.end);
  },
});

export const terminatedSession = defineCase({
  id: 'L-SES-2',
  name: 'A cancel in a terminated session',
  description: `A session is ended by DELETE; then a cancel arrives in its name. The answer is 404, by which a client learns that it has to begin anew. With a 202 it would believe that its cancel has reached somebody.`,
  checks: {
    status: { level: 'MUST', text: 'answer 404 for a terminated session', spec: SESSIONS },
  },
  before: async (t) => {
    if (!t.session.state.id) t.notApplicable('the target has no sessions');
    const ended = await t.open('ended');
    await t.terminate(ended);
    return t.take(ended.cancel(1, 'too late'));
  },
  after: (t, taken) => {
    t.check('status', taken.status === 404, 'HTTP 404', taken.told);
  },
});

export const unknownSession = defineCase({
  id: 'L-SES-3',
  name: 'A cancel in a session that never was',
  description: `The cancel carries an \`Mcp-Session-Id\` that the target has never given out. It is refused with 404 (or 400), and the call that has the same id in another session is not touched. What would be wrong: a 202, or a new session for every id that somebody invents.`,
  checks: {
    status: { level: 'DERIVED', text: 'refuse it with 404 or 400', spec: SESSIONS },
    untouched: { level: 'DERIVED', text: 'let the call that it names finish', spec: SESSIONS },
  },
  before: async (t) => {
    if (!t.session.state.id) t.notApplicable('the target has no sessions');
    return t.provoke(
      {
        unknown: (requestId) => ({
          jsonrpc: '2.0',
          method: 'notifications/cancelled',
          params: { requestId },
        }),
      },
      { unknown: { 'Mcp-Session-Id': '00000000-dead-4000-8000-000000000000' } },
    );
  },
  after: (t, { inputs: { unknown } }) => {
    const status = unknown ? unknown.taken.status : 0;
    t.check(
      'status',
      status === 404 || status === 400,
      'HTTP 404 or 400',
      unknown ? unknown.taken.told : 'nothing',
    );
    t.checkFinished('untouched', unknown?.end);
  },
});

export const wrongVersion = defineCase({
  id: 'L-SES-11',
  name: 'A cancel in a revision that does not exist',
  description: `Two cancels carry an \`MCP-Protocol-Version\` that no server can know: a date without a revision, and a word. Both get 400, and the calls that they name go on. What would be wrong: a server that takes the cancel although it cannot know what it means in that revision.`,
  checks: {
    date: {
      level: { '2025-06-18': 'MUST', '2025-11-25': 'MUST' },
      text: 'refuse an unknown revision with 400',
      spec: VERSION,
    },
    word: {
      level: { '2025-06-18': 'MUST', '2025-11-25': 'MUST' },
      text: 'refuse what is no revision with 400',
      spec: VERSION,
    },
    untouched: {
      level: { '2025-06-18': 'DERIVED', '2025-11-25': 'DERIVED' },
      text: 'let the calls that they name finish',
      spec: VERSION,
    },
  },
  before: async (t) => {
    const cancel = (requestId: unknown) => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId },
    });
    return t.provoke(
      { date: cancel, word: cancel },
      { date: { 'MCP-Protocol-Version': '1999-12-31' }, word: { 'MCP-Protocol-Version': 'latest' } },
    );
  },
  after: (t, { inputs: { date, word } }) => {
    t.check('date', date?.taken.status === 400, 'HTTP 400', date ? date.taken.told : 'nothing');
    t.check('word', word?.taken.status === 400, 'HTTP 400', word ? word.taken.told : 'nothing');
    t.check(
      'untouched',
      date?.end.finished === true && word?.end.finished === true,
      'two results',
      `${date?.end.told}; ${word?.end.told}`,
    );
  },
});

export const withoutVersion = defineCase({
  id: 'L-SES-12',
  name: 'A cancel without the revision header',
  description: `The cancel comes without \`MCP-Protocol-Version\`. The server knows from the session which revision was agreed on, or assumes 2025-03-26; in either, this is a cancel like any other. What would be wrong: a 400, by which older clients could not cancel at all.`,
  checks: {
    accepted: {
      level: { '2025-06-18': 'SHOULD', '2025-11-25': 'SHOULD' },
      text: 'not refuse the cancel for that',
      spec: VERSION,
    },
    stops: {
      level: { '2025-06-18': 'SHOULD', '2025-11-25': 'SHOULD' },
      text: 'stop the call',
      spec: VERSION,
    },
  },
  before: async (t) => {
    const session = t.session;
    const call = session.call('call', 'slow', { steps: t.endlessSteps });
    await t.untilRunning(session, call);
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: call.id } };
    return t.cancelAndWatch(session, call, () =>
      session.post('cancel', cancel, { 'MCP-Protocol-Version': null }),
    );
  },
  after: (t, seen) => {
    const { status, told } = seen.accepted;
    t.check('accepted', status >= 200 && status < 300, '2xx', told);
    t.checkStopped('stops', seen);
  },
});

export const foreignOrigin = defineCase({
  id: 'L-SES-13',
  name: 'A cancel of a foreign web page',
  description: `The cancel carries the \`Origin\` of a web page that has nothing to do with the server. Whoever opens that page must not lose their calls to it, so the server checks the header and refuses: with 403 since 2025-11-25, with any error before.`,
  checks: {
    refused: { level: 'MUST', text: 'refuse a foreign Origin', spec: SECURITY },
    status: { level: { '2025-11-25': 'MUST' }, text: 'refuse it with 403', spec: SECURITY },
    untouched: { level: 'DERIVED', text: 'let the call that it names finish', spec: SECURITY },
  },
  before: async (t) =>
    t.provoke(
      {
        foreign: (requestId) => ({
          jsonrpc: '2.0',
          method: 'notifications/cancelled',
          params: { requestId },
        }),
      },
      { foreign: { Origin: 'https://attacker.example' } },
    ),
  after: (t, { inputs: { foreign } }) => {
    const status = foreign ? foreign.taken.status : 0;
    const told = foreign ? foreign.taken.told : 'nothing';
    t.check('refused', status >= 400, 'an HTTP error', told);
    t.check('status', status === 403, 'HTTP 403', told);
    t.checkFinished('untouched', foreign?.end);
  },
});
