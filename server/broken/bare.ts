/**
 * A server as the SDK's documentation shows it: `McpServer`, `StreamableHTTPServerTransport`, sessions, and
 * cancellation left to the SDK. What a broken server does wrong is the loop it is given.
 */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { Start } from '../run.ts';
import { serve } from '../sdk.ts';

export { run, runIfMain, type Start, type StartedServer as BareServer } from '../run.ts';

/** What the tool `slow` does with its time. */
export interface Work {
  steps: number;
  intervalMs: number;
  /** The SDK's signal of the request, aborted by `notifications/cancelled`. */
  signal: AbortSignal;
  /** To be called once for each step done. */
  tick(): void;
}

/**
 * Makes the start function of a server.
 *
 * @param name what it calls itself in `initialize`
 * @param loop the work of `slow`; when it returns, the call has finished
 */
export function bareServer(name: string, loop: (work: Work) => Promise<void>): Start {
  return async (options) => {
    const states = new Map<string, { ticks: number; finished: number }>();
    return serve(() => createMcpServer(name, loop, states), options);
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
