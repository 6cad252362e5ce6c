/**
 * A server as the SDK's documentation shows it: `McpServer`, `StreamableHTTPServerTransport`, sessions, and
 * cancellation left to the SDK. It offers the witness kit, as your own server would.
 */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { z } from 'zod';
import { registerWitness } from './kit/witness.ts';
import { runIfMain, type Start, type StartedServer } from './run.ts';

/**
 * Serves at `/mcp`, to this machine only.
 *
 * @param createServer makes the server of one session
 */
export async function serve(createServer: () => McpServer, { port = 0 } = {}): Promise<StartedServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const app = createMcpExpressApp();

  app.all('/mcp', async (req, res) => {
    const id = req.get('mcp-session-id');
    const known = transports.get(id ?? '');
    if (known) return known.handleRequest(req, res, req.body);
    if (id !== undefined || req.method !== 'POST') return void res.status(id === undefined ? 400 : 404).end();
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    // The SDK's own classes disagree under exactOptionalPropertyTypes.
    await createServer().connect(transport as Transport);
    await transport.handleRequest(req, res, req.body);
  });

  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      for (const transport of transports.values()) await transport.close();
    },
  };
}

function createMcpServer(): McpServer {
  const mcp = new McpServer({ name: 'sdk', version: '1.0.0' });
  registerWitness(mcp);
  mcp.registerTool('quick', { inputSchema: { text: z.string() } }, async ({ text }) => {
    return { content: [{ type: 'text', text }] };
  });
  return mcp;
}

export const start: Start = (options) => serve(createMcpServer, options);

await runIfMain(import.meta.url, start);
