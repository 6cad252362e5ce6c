import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import type { StartedServer } from '../../server/run.ts';
import { start as startSdk } from '../../server/sdk.ts';
import { startTemporary } from '../../server/temporary.ts';

export type ServerName = 'reference' | 'sdk' | 'http';

interface Measured {
  title: string;
  /** Whether the stream of a cancelled call ends. */
  ends: boolean;
  start(): Promise<StartedServer>;
}

/** What is measured: the reference server, a server made with the SDK alone, and what Node itself could do at best. */
export const SERVERS: Record<ServerName, Measured> = {
  reference: { title: 'reference server', ends: true, start: () => startTemporary({}, pino()) },
  sdk: { title: 'SDK alone', ends: false, start: () => startSdk() },
  http: { title: 'bare HTTP', ends: true, start: startHttp },
};

/**
 * The same exchanges without any MCP: it parks the response to a call and ends it when a cancel names the call. It
 * checks nothing, ticks nothing and keeps nothing, so no server can be faster: what it takes is Node's, and ours who
 * measure.
 */
async function startHttp(): Promise<StartedServer> {
  const parked = new Map<string, ServerResponse>();
  const frame = (message: object) =>
    `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
  let sessions = 0;
  const server = createServer(async (req, res) => {
    const session = String(req.headers['mcp-session-id'] ?? ++sessions);
    if (req.method === 'DELETE') return void res.writeHead(200).end();
    const { id, method, params } = JSON.parse(await text(req));
    if (method === 'notifications/cancelled') {
      const key = `${session} ${params.requestId}`;
      const error = { code: -32800, message: 'Request cancelled', data: { reason: params.reason } };
      parked.get(key)?.end(frame({ id: params.requestId, error }));
      parked.delete(key);
    }
    if (id === undefined) return void res.writeHead(202).end();
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Mcp-Session-Id': session });
    if (method !== 'tools/call') return void res.end(frame({ id, result: {} }));
    parked.set(`${session} ${id}`, res);
    res.write(frame({ method: 'notifications/message', params: { level: 'info', data: 'started' } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
