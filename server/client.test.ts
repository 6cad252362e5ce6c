/** The official client against this server: it polls, comes back, and cancels as it always does. */

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from './config.ts';
import { leftovers, type Message, NOTHING, startServer } from './testing.ts';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function begin(settings: Partial<Config>) {
  const server = await startServer(settings);
  const client = new Client({ name: 'official', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(server.url));
  await client.connect(transport as Transport);
  opened.push(server, client);
  const session: Message = server.sessions.find(String(transport.sessionId));
  return { server, client, session };
}

test('a call that closes the connection still brings its result', async () => {
  const { client, session } = await begin({});
  const args = { key: 'poll', steps: 5, interval_ms: 5 };
  const result = await client.callTool({ name: 'poll', arguments: args });
  expect(result.structuredContent).toEqual({ key: 'poll', steps: 5 });
  // The standalone stream of the client.
  await expect.poll(() => leftovers(session)).toEqual({ ...NOTHING, streams: 1 });
});

describe.each(['error', 'none'] as const)('CANCEL_REPLY=%s', (cancelReply) => {
  test.each(['sse', 'json'] as const)(
    'an aborted call is cancelled (%s), and the client goes on',
    async (responseMode) => {
      const { client, session, server } = await begin({ cancelReply, responseMode });
      const controller = new AbortController();
      const args = { key: 'aborted', steps: 10_000, interval_ms: 5 };
      const call = client.callTool({ name: 'slow', arguments: args }, undefined, {
        signal: controller.signal,
      });
      await expect.poll(() => session.calls.size, { interval: 5 }).toBe(1);
      controller.abort('the user left');
      await expect(call).rejects.toThrow('the user left');
      await expect
        .poll(() => server.logged('cancel'), { interval: 5 })
        .toMatchObject([{ result: 'cancelled' }]);
      const { structuredContent } = await client.callTool({ name: 'state', arguments: { key: 'aborted' } });
      expect(structuredContent).toMatchObject({ call: 'cancelled', handler: 'ended', cancelled: 1 });
      const left = leftovers(session);
      // typescript-sdk#2559, and the standalone stream of the client.
      expect({ ...left, streams: responseMode === 'json' ? 1 : left.streams }).toEqual({
        ...NOTHING,
        streams: 1,
      });
    },
  );
});
