import { setTimeout as sleep } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

/** What the handlers of `slow` did, by key: for all sessions, as who asks may be in another one. */
const states = new Map<string, { ticks: number; finished: number; cancelled: number; handler: string }>();

/** Offers `slow`, a tool to cancel, and `state`, the witness of its handlers. For tests only. */
export function registerWitness(server: McpServer): void {
  const slow = { key: z.string(), steps: z.number().int(), interval_ms: z.number().int() };
  server.registerTool('slow', { inputSchema: slow }, async ({ key, steps, interval_ms }, extra) => {
    const own = { ticks: 0, finished: 0, cancelled: 0, handler: 'running' };
    states.set(key, own);
    const [oldest = key] = states.keys();
    if (states.size > 1000) states.delete(oldest);
    try {
      while (own.ticks < steps) {
        await sleep(interval_ms, undefined, { signal: extra.signal });
        own.ticks += 1;
        if (extra._meta?.progressToken === undefined) continue;
        const params = { progressToken: extra._meta.progressToken, progress: own.ticks, total: steps };
        await extra.sendNotification({ method: 'notifications/progress', params });
      }
      own.finished += 1;
      return { content: [{ type: 'text', text: `${steps} steps done` }] };
    } catch (error) {
      if (extra.signal.aborted) own.cancelled += 1;
      throw error;
    } finally {
      own.handler = 'ended';
    }
  });
  server.registerTool('state', { inputSchema: { key: z.string() } }, async ({ key }) => {
    const state = states.get(key);
    if (!state) throw new Error(`No call with key ${key}`);
    return { content: [{ type: 'text', text: JSON.stringify(state) }], structuredContent: { ...state } };
  });
}
