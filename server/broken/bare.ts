/**
 * A server as the SDK's documentation shows it: `McpServer`, `StreamableHTTPServerTransport`, sessions, and
 * cancellation left to the SDK. What a broken server does wrong is the loop it is given.
 */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import express from 'express';
import { z } from 'zod';

/** What the tool `slow` does with its time. */
export interface Work {
  steps: number;
  intervalMs: number;
  /** The SDK's signal of the request, aborted by `notifications/cancelled`. */
  signal: AbortSignal;
  /** To be called once for each step done. */
  tick(): void;
}

/** A server that listens. */
export interface BareServer {
  /** The MCP endpoint. */
  url: string;
  /** Drops every connection and stops listening. Loops that still run do not keep the process alive. */
  close(): Promise<void>;
}

/** Starts one server. */
export type Start = (options?: { port?: number }) => Promise<BareServer>;

/**
 * Makes the start function of a server.
 *
 * @param name what it calls itself in `initialize`
 * @param loop the work of `slow`; when it returns, the call has finished
 */
export function bareServer(name: string, loop: (work: Work) => Promise<void>): Start {
  return async ({ port = 0 } = {}) => {
    const states = new Map<string, { ticks: number; finished: number }>();
    const transports = new Map<string, StreamableHTTPServerTransport>();
    const app = express();
    app.use(express.json());

    app.all('/mcp', async (req, res) => {
      const id = req.get('mcp-session-id');
      const known = transports.get(id ?? '');
      if (known) return known.handleRequest(req, res, req.body);
      if (id !== undefined || req.method !== 'POST')
        return void res.status(id === undefined ? 400 : 404).end();
      const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void transports.set(id, transport),
        onsessionclosed: (id) => void transports.delete(id),
      });
      // The SDK's own classes disagree under exactOptionalPropertyTypes.
      await createMcpServer(name, loop, states).connect(transport as Transport);
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
      },
    };
  };
}

function createMcpServer(
  name: string,
  loop: (work: Work) => Promise<void>,
  states: Map<string, { ticks: number; finished: number }>,
): McpServer {
  const mcp = new McpServer({ name, version: '1.0.0' });
  const slow = { key: z.string(), steps: z.int(), interval_ms: z.int() };
  mcp.registerTool('slow', { inputSchema: slow }, async ({ key, steps, interval_ms }, extra) => {
    const state = { ticks: 0, finished: 0 };
    states.set(key, state);
    const progressToken = extra._meta?.progressToken;
    const tick = () => {
      const progress = ++state.ticks;
      if (progressToken === undefined) return;
      const params = { progressToken, progress, total: steps };
      // Fails when the client has gone, which is nothing to a server that does not look.
      extra.sendNotification({ method: 'notifications/progress', params }).catch(() => {});
    };
    await loop({ steps, intervalMs: interval_ms, signal: extra.signal, tick });
    state.finished += 1;
    return { content: [{ type: 'text', text: `completed ${steps} steps` }] };
  });
  mcp.registerTool('state', { inputSchema: { key: z.string() } }, async ({ key }) => {
    const state = states.get(key);
    if (!state) return { isError: true, content: [{ type: 'text', text: `No call with key ${key}` }] };
    return { content: [{ type: 'text', text: JSON.stringify(state) }], structuredContent: { ...state } };
  });
  mcp.registerTool('quick', { inputSchema: { text: z.string() } }, async ({ text }) => {
    return { content: [{ type: 'text', text }] };
  });
  return mcp;
}

/**
 * Runs the server if its file is the one that Node was started with.
 *
 * @param moduleUrl `import.meta.url` of that file
 */
export async function runIfMain(moduleUrl: string, start: Start): Promise<void> {
  if (moduleUrl === pathToFileURL(process.argv[1] ?? '').href) await run(start);
}

/**
 * Runs a server at PORT (0, a free one, if not set), telling a parent process `{type: 'listening', url}`, and ending
 * with it.
 */
export async function run(start: Start): Promise<void> {
  const { url } = await start({ port: Number(process.env.PORT ?? 0) });
  console.log(JSON.stringify({ msg: `listening on ${url}`, url }));
  process.send?.({ type: 'listening', url });
  process.on('disconnect', () => process.exit(0));
}
