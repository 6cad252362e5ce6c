import { afterEach, describe, expect, test } from 'vitest';
import type { App } from '../app.ts';
import { TestClient } from '../testing.ts';
import { startAround, type Tampering } from './around.ts';
import { Cut, isCall, isCancel, type Layer, respond, untilGone } from './exchange.ts';
import { mapEvents, mapMessages } from './layers.ts';

const LONG = { key: 'k', steps: 10_000, interval_ms: 5 };

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function open(tampering?: Tampering, revision?: string): Promise<TestClient> {
  const server = await startAround(tampering);
  opened.push(server);
  const client = await TestClient.open(server.url, revision);
  opened.push(client);
  return client;
}

/** Lets everything through, and hands out the core. */
function spy(): { layer: Layer; core: () => App } {
  let seen: App | undefined;
  const layer: Layer = (next, core) => {
    seen = core;
    return next;
  };
  return { layer, core: () => seen as App };
}

describe('without a fault', () => {
  test('a stream passes as it arrives, its priming event and its ids with it', async () => {
    const client = await open();
    const call = client.call(1, 'slow', LONG);
    await call.find(({ method }) => method === 'notifications/progress');
    expect(call.open).toBe(true);
    expect(call.headers['content-type']).toBe('text/event-stream');
    expect(call.events[0]).toEqual({ id: expect.stringMatching(/./), retry: '500', data: '' });
    expect((await client.cancel(1, 'enough')).status).toBe(202);
    expect((await call.answer()).error).toMatchObject({ code: -32800, data: { reason: 'enough' } });

    const rest = client.post(undefined, { 'last-event-id': call.events[1].id }, 'GET');
    expect((await rest.ended).at(-1)).toEqual(call.messages.at(-1));
  });

  test('what refuses a request sees its headers, and says so', async () => {
    const client = await open();
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const status = async (headers: Record<string, string>) => {
      const exchange = client.post(ping, headers);
      await exchange.ended;
      return exchange.status;
    };
    expect(await status({})).toBe(200);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ host: 'evil.example' })).toBe(403);
    expect(await status({ 'mcp-session-id': 'nobody' })).toBe(404);
    expect(await status({ 'mcp-protocol-version': '1999-01-01' })).toBe(400);
    const broken = client.post('{');
    expect((await broken.answer()).error.code).toBe(-32700);
    expect(broken.status).toBe(400);
    const batch = client.post([ping]);
    expect((await batch.ended)[0].error.code).toBe(-32600);
  });

  test('a client that hangs up hangs up on the core, and its call runs on', async () => {
    const { layer, core } = spy();
    const client = await open({ layer });
    const call = client.call(1, 'slow', LONG);
    await call.find(({ method }) => method === 'notifications/progress');
    const session = core().sessions.find(client.session ?? '');
    expect(session?.exchanges).toBe(1);
    call.hangUp();
    await expect.poll(() => session?.exchanges).toBe(0);
    expect(session?.calls.has(1)).toBe(true);
  });

  test('JSON passes as JSON', async () => {
    const client = await open({ config: { responseMode: 'json' } });
    const call = client.call(1, 'quick', { text: 'hi' });
    expect((await call.answer()).result.content[0].text).toBe('hi');
    expect(call.headers['content-type']).toContain('application/json');
  });
});

describe('a layer', () => {
  test.each(['sse', 'json'] as const)('changes, drops and adds messages (%s)', async (responseMode) => {
    const layer: Layer = (next) => async (incoming) => {
      const outgoing = await next(incoming);
      if (!isCall(incoming, 'quick')) return outgoing;
      return mapMessages(outgoing, (message) =>
        message.result ? [{ ...message, id: 'first' }, message] : undefined,
      );
    };
    const client = await open({ layer, config: { responseMode } });
    const messages = await client.call(1, 'quick', { text: 'hi' }).ended;
    expect(messages.flat().map(({ id }) => id)).toEqual(['first', 1]);
  });

  test('answers in place of the core, or not until the client has gone', async () => {
    let left = false;
    const layer: Layer = (next) => async (incoming) => {
      if (isCancel(incoming)) return respond(200, { ok: true });
      if (!isCall(incoming, 'quick')) return next(incoming);
      await untilGone(incoming);
      left = true;
      throw new Cut();
    };
    const client = await open({ layer });
    const cancel = await client.cancel(1);
    expect([cancel.status, cancel.messages]).toEqual([200, [{ ok: true }]]);
    const call = client.call(2, 'quick', { text: 'hi' });
    await client.state('nobody').catch(() => {});
    expect(call.open).toBe(true);
    call.hangUp();
    await expect.poll(() => left).toBe(true);
  });

  test('cuts the connection, before and amid a stream', async () => {
    const layer: Layer = (next) => async (incoming) => {
      if (isCancel(incoming)) throw new Cut();
      const outgoing = await next(incoming);
      if (!isCall(incoming)) return outgoing;
      return mapEvents(outgoing, async function* (events) {
        for await (const event of events) {
          yield event;
          if (event.data.includes('"progress":9')) throw new Cut();
        }
      });
    };
    const client = await open({ layer });
    await expect(client.cancel(1)).rejects.toThrow();
    const call = client.call(1, 'slow', LONG);
    await expect(call.ended).rejects.toThrow();
    expect(call.messages.length).toBeGreaterThan(1);
  });

  test('offers other tools', async () => {
    const client = await open({
      offer: (offer) => ({ ...offer, tools: offer.tools.filter(({ name }) => name !== 'quick') }),
    });
    expect((await client.tool('quick', { text: 'hi' })).error.code).toBe(-32602);
  });
});
