import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { start as startIgnoring } from '../../server/broken/ignores-cancel.ts';
import { startServer, TestClient } from '../../server/testing.ts';
import { hangUp, listen, proxyTo, SSE, send, stopAll, TEST_CERTIFICATE } from './testing.ts';

/** What the target sees of a hang-up. */

const opened: Array<{ close(): Promise<unknown> }> = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await stopAll();
  for (const each of opened.splice(0).reverse()) await each.close();
});

describe('a socket', () => {
  const event = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n';

  /** How a connection ended that was given a response, or none, for its request. */
  function serve(response: string | undefined) {
    let received = '';
    let told = (_how: string) => {};
    const ended = new Promise<string>((resolve) => {
      told = resolve;
    });
    const handler = (socket: Socket) => {
      socket.on('data', (chunk) => {
        received += chunk;
        if (response && received.endsWith('{}')) socket.write(response);
      });
      socket.once('end', () => told('FIN'));
      socket.once('error', (error: NodeJS.ErrnoException) => told(String(error.code)));
    };
    return { handler, ended, received: () => received };
  }

  it.each([
    ['fin', { events: 1 }, 'FIN'],
    ['rst', { events: 1 }, 'ECONNRESET'],
    ['fin', { ms: 20 }, 'FIN'],
    ['rst', { ms: 20 }, 'ECONNRESET'],
    ['fin', { events: 0 }, 'FIN'],
    // A target that has not begun to read by then may find the data and an ordinary end.
    ['rst', { events: 0 }, /^(ECONNRESET|FIN)$/],
  ] as const)('%s after %j is seen as %s, with the whole request', async (how, after, expected) => {
    const { handler, ended, received } = serve('events' in after && after.events === 0 ? undefined : event);
    const port = await listen(net.createServer(handler));
    const { url } = await proxyTo(`http://127.0.0.1:${port}/mcp`);
    await send(url, hangUp(after, how)).ended;
    expect(await ended).toMatch(expected);
    expect(received().split('\r\n\r\n')).toEqual([expect.stringMatching(/^POST \/mcp HTTP\/1\.1\r\n/), '{}']);
  });

  it.each([
    ['fin', 'FIN'],
    ['rst', 'ECONNRESET'],
  ] as const)('%s is seen as %s under TLS', async (how, expected) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { handler, ended } = serve(event);
    const port = await listen(tls.createServer(TEST_CERTIFICATE, handler));
    const { url } = await proxyTo(`https://127.0.0.1:${port}/mcp`);
    expect(await send(url, hangUp({ events: 1 }, how)).ended).toMatch(/^data: one\n\n: hang-up/);
    expect(await ended).toBe(expected);
  });

  it('a certificate that nobody has signed is not trusted', async () => {
    const port = await listen(tls.createServer(TEST_CERTIFICATE));
    const exchange = send((await proxyTo(`https://127.0.0.1:${port}/mcp`)).url);
    expect(await exchange.ended).toMatch(/gave no response \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
  });

  it.each([undefined, 'rst'] as const)(
    '%s: a response that ended is closed without an error',
    async (how) => {
      const { handler, ended } = serve('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
      const port = await listen(net.createServer(handler));
      const { url } = await proxyTo(`http://127.0.0.1:${port}/mcp`);
      await send(url, how ? hangUp({ ms: 60_000 }, how) : {}).ended;
      expect(await ended).toBe('FIN');
    },
  );
});

describe("node's http server", () => {
  it.each(['fin', 'rst'] as const)('%s aborts the request and closes the response', async (how) => {
    const seen: Array<Promise<unknown>> = [];
    const port = await listen(
      http.createServer((request, response) => {
        seen.push(once(response, 'close').then(() => expect(response.writableFinished).toBe(false)));
        // Of a request that was read to its end, nothing is left to abort.
        seen.push(once(request, 'aborted'));
        response.writeHead(200, SSE).write('data: one\n\n');
      }),
    );
    const { url } = await proxyTo(`http://127.0.0.1:${port}/mcp`);
    await send(url, hangUp({ events: 1 }, how)).ended;
    expect(await Promise.all(seen)).toHaveLength(2);
  });
});

describe("the SDK's server", () => {
  /** A call through a proxy, in a session that was opened without it. */
  async function call(url: string, headers: Record<string, string>) {
    const client = await TestClient.open(url);
    opened.push(client);
    const proxied = new TestClient((await proxyTo(url)).url);
    opened.push(proxied);
    proxied.session = client.session;
    // The server runs in this process, and so its own end of the exchange can be watched.
    const closed = new Promise<ServerResponse>((resolve) => {
      const watch = (message: unknown) => {
        const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
        if (request.headers['x-watched'] && request.socket.localPort === Number(new URL(url).port))
          response.once('close', () => resolve(response));
      };
      diagnostics.subscribe('http.server.request.start', watch);
      opened.push({ close: async () => diagnostics.unsubscribe('http.server.request.start', watch) });
    });
    const params = {
      name: 'slow',
      arguments: { key: 'k', steps: 10_000, interval_ms: 5 },
      _meta: { progressToken: 'p' },
    };
    const request = { jsonrpc: '2.0', id: 'cut', method: 'tools/call', params };
    const exchange = proxied.post(request, { ...headers, 'X-Watched': '1' });
    await exchange.ended;
    expect((await closed).writableFinished).toBe(false);
    return { client, exchange };
  }

  const servers = [
    ['of the reference server', startServer],
    ['alone', startIgnoring],
  ] as const;
  const ways = [
    ['fin', { events: 3 }],
    ['rst', { events: 3 }],
    ['fin', { ms: 30 }],
    ['rst', { ms: 30 }],
  ] as const;

  it.each(servers.flatMap(([what, start]) => ways.map(([how, after]) => [what, how, after, start] as const)))(
    '%s: the call goes on after %s, %j',
    async (_what, how, after, start) => {
      const server = await start();
      opened.push(server);
      const { client, exchange } = await call(server.url, hangUp(after, how));
      if ('events' in after) expect(exchange.events).toHaveLength(3);
      const { ticks } = await client.state('k');
      const later = await client.seen('k', (state) => state.ticks >= ticks + 3);
      expect(later.finished).toBe(0);
    },
  );

  it.each(['fin', 'rst'] as const)('the call begins even after %s before any byte', async (how) => {
    const server = await startServer();
    opened.push(server);
    const { client, exchange } = await call(server.url, hangUp({ events: 0 }, how));
    expect(exchange.status).toBe(204);
    expect(exchange.headers['x-hang-up']).toMatch(new RegExp(`^${how}; events=0; ms=\\d+$`));
    await client.seen('k', (state) => state?.ticks >= 3);
  });
});
