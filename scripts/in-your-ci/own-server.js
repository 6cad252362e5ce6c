/**
 * An MCP server as someone may have it, without SDK and without witness; it stops its tool when the call is cancelled.
 * The tests copy it into a folder of its own, as `server.js`.
 */

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';

const REVISIONS = ['2025-06-18', '2025-11-25'];

/** The calls in flight, by the id of each, by session. */
const sessions = new Map();

const inputSchema = { type: 'object', properties: { duration: { type: 'number' } }, required: ['duration'] };
const tools = [{ name: 'my_slow_tool', inputSchema }];

createServer(async (request, response) => {
  const { method, url } = request;
  if (request.headers.origin) return response.writeHead(403).end();
  if (url !== '/mcp') return response.writeHead(404).end();
  if (method !== 'POST' && method !== 'DELETE') return response.writeHead(405).end();
  let message;
  try {
    let body = '';
    for await (const chunk of request) body += chunk;
    message = method === 'POST' ? JSON.parse(body) : {};
  } catch {
    return fail(response, 400, null, -32700, 'no JSON');
  }
  if (message === null || typeof message !== 'object' || Array.isArray(message))
    return fail(response, 400, null, -32600, 'no message');
  if (message.method === 'initialize') return initialize(response, message);

  const session = request.headers['mcp-session-id'];
  const calls = sessions.get(session);
  if (!calls) return fail(response, session ? 404 : 400, message.id, -32600, 'no such session');
  const revision = request.headers['mcp-protocol-version'] ?? '2025-06-18';
  if (!REVISIONS.includes(revision)) return fail(response, 400, message.id, -32600, 'no such revision');

  if (method === 'DELETE') {
    sessions.delete(session);
    for (const call of calls.values()) call.abort();
    return response.end();
  }
  if (message.id === undefined || message.method === undefined) {
    if (message.method === 'notifications/cancelled') calls.get(message.params?.requestId)?.abort();
    return response.writeHead(202).end();
  }
  if (message.method === 'ping') return answer(response, message.id, {});
  if (message.method === 'tools/list') return answer(response, message.id, { tools });
  if (message.method !== 'tools/call') return fail(response, 200, message.id, -32601, 'no such method');
  if (message.params?.name !== 'my_slow_tool') return fail(response, 200, message.id, -32602, 'no such tool');
  return work(response, message, calls);
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`pid ${process.pid}`));

function initialize(response, { id, params }) {
  const session = randomUUID();
  sessions.set(session, new Map());
  response.setHeader('mcp-session-id', session);
  const asked = params?.protocolVersion;
  const protocolVersion = REVISIONS.includes(asked) ? asked : REVISIONS.at(-1);
  const serverInfo = { name: 'own-server', version: '1.0.0' };
  answer(response, id, { protocolVersion, capabilities: { tools: {} }, serverInfo });
}

async function work(response, { id, params }, calls) {
  const call = new AbortController();
  calls.set(id, call);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (message) => response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
  const { duration } = params.arguments ?? {};
  const { progressToken } = params._meta ?? {};
  try {
    for (let done = 0; done < duration; done += 0.05) {
      await setTimeout(50, undefined, { signal: call.signal });
      if (progressToken !== undefined)
        send({ method: 'notifications/progress', params: { progressToken, progress: done + 0.05 } });
    }
    send({ id, result: { content: [{ type: 'text', text: 'done' }] } });
  } catch {
    // A cancelled call gets no response; its stream ends.
  }
  calls.delete(id);
  response.end();
}

function answer(response, id, result) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

function fail(response, status, id, code, message) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message } }));
}
