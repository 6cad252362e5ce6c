import { defineCase, page } from '../lib/definition.ts';

const LIFECYCLE = page('basic/lifecycle', 'initialization');
const TRANSPORT = page('basic/transports', 'sending-messages-to-the-server');

/** The handshake, one request at a time, so that each can be looked at in Postman. */

export const initialize = defineCase({
  id: 'S-INIT-1',
  name: 'Initialize',
  description: `Opens a session: the client says which revision it speaks, the server answers with the one both will use, its name and what it can do.

The answer may come as one JSON object or as an SSE stream with one message; both are right, and a test that parses the body as JSON only is wrong for half of all servers. Where the server has sessions, the header \`Mcp-Session-Id\` of this answer names the session: every later request carries it.`,
  session: 'none',
  checks: {
    answers: {
      level: 'MUST',
      text: 'answer initialize with revision, capabilities and name',
      spec: LIFECYCLE,
    },
    sessionId: {
      level: 'MUST',
      text: 'use visible ASCII only in the session id',
      spec: page('basic/transports', 'session-management'),
    },
  },
  body: {
    jsonrpc: '2.0',
    id: 'init',
    method: 'initialize',
    params: {
      protocolVersion: '{{protocolVersion}}',
      capabilities: {},
      clientInfo: { name: 'mcp-cancellation-suite', version: '1' },
    },
  },
  before: async () => null,
  after: async (t) => {
    const result = t.reply.messages.filter((message) => message.id === 'init')[0]?.result || {};
    const { protocolVersion, capabilities, serverInfo } = result;
    t.check(
      'answers',
      t.reply.status === 200 && typeof protocolVersion === 'string' && !!capabilities && !!serverInfo,
      'a result with protocolVersion, capabilities and serverInfo',
      `HTTP ${t.reply.status}, revision ${protocolVersion}, capabilities ${JSON.stringify(capabilities)}, serverInfo ${JSON.stringify(serverInfo)}`,
    );
    const session = await t.adoptSession('init');
    if (session.state.id)
      t.check(
        'sessionId',
        /^[\x21-\x7e]+$/.test(session.state.id),
        'characters 0x21 to 0x7E',
        'an id within them',
      );
    else t.notApplicable('sessionId', 'the target assigns no session id');
  },
});

export const initialized = defineCase({
  id: 'S-INIT-2',
  name: 'Initialized',
  description: `The client says that it is ready. This is a notification, like the cancel itself: it has no id, so nothing answers it. The server accepts it with 202 and an empty body.`,
  session: 'initialize only',
  checks: {
    accepted: { level: 'MUST', text: 'accept the notification with 202 and an empty body', spec: TRANSPORT },
  },
  body: { jsonrpc: '2.0', method: 'notifications/initialized' },
  before: async () => null,
  after: (t) => {
    const { status, body } = t.reply;
    t.check('accepted', status === 202 && body === '', '202, empty', `${status}, ${body.length} characters`);
  },
});

export const listTools = defineCase({
  id: 'S-LIST-1',
  name: 'List the tools',
  description: `What the server offers. The tools that this environment names (\`slowTool\`, \`stateTool\`, \`quickTool\`, \`fileTool\`) have to be among them, or the cases below would test nothing.`,
  checks: {
    named: {
      level: 'DERIVED',
      text: 'list every tool that the environment names',
      spec: page('server/tools', 'listing-tools'),
    },
  },
  body: { jsonrpc: '2.0', id: 'tools', method: 'tools/list' },
  before: async () => null,
  after: (t) => {
    const result = t.reply.messages.filter((message) => message.id === 'tools')[0]?.result || {};
    const tools = Array.isArray(result.tools) ? result.tools.map((tool) => tool.name) : [];
    const wanted = Object.values(t.settings.tools).filter((name) => name !== '');
    const missing = wanted.filter((name) => tools.indexOf(name) < 0);
    t.check(
      'named',
      tools.length > 0 && missing.length === 0,
      wanted.join(', ') || 'at least one tool',
      missing.length > 0
        ? `not listed: ${missing.join(', ')}; listed: ${tools.join(', ')}`
        : tools.join(', '),
    );
  },
});
