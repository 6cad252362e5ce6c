/** For tests: targets that do what they are told, and a client that shows a response as it arrives. */

import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import { type HangUpProxy, startHangUpProxy } from './server.ts';

export const SSE = { 'Content-Type': 'text/event-stream' };

const stops: Array<() => Promise<unknown>> = [];

/** Stops whatever was started here; proxies first. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

/** Starts a server on a free port of this machine. */
export async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy in front of a target. */
export async function proxyTo(target: string): Promise<HangUpProxy> {
  const proxy = await startHangUpProxy(target);
  stops.push(() => proxy.close());
  return proxy;
}

/** A plain HTTP target, and the address of a proxy in front of it. */
export async function httpTarget(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const port = await listen(
    http.createServer((request, response) => {
      // A write after the hang-up is none of the target's mistakes.
      response.on('error', () => {});
      void handler(request, response);
    }),
  );
  return (await proxyTo(`http://127.0.0.1:${port}/mcp`)).url;
}

export interface Sent {
  request: http.ClientRequest;
  /** The head of the response. */
  head: Promise<{ status: number; reason: string; headers: IncomingHttpHeaders; raw: string[] }>;
  /** The body as it has arrived so far. */
  body(): Buffer;
  /** So many bytes of the body have arrived, or it has ended. */
  arrived(bytes: number): Promise<void>;
  /** The whole body; rejects where it was broken off. */
  ended: Promise<string>;
}

/** Sends one request over a connection of its own. */
export function send(
  url: string,
  headers: http.OutgoingHttpHeaders = {},
  { method = 'POST', body = '{}', path = undefined as string | undefined } = {},
): Sent {
  const request = http.request(url, { method, headers, agent: false, ...(path ? { path } : {}) });
  request.end(body);
  let chunks = Buffer.alloc(0);
  let over = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const each of waiting) each();
    waiting.clear();
  };
  const response = once(request, 'response').then(([incoming]) => incoming as IncomingMessage);
  const ended = response
    .then(async (incoming) => {
      for await (const chunk of incoming) {
        chunks = Buffer.concat([chunks, chunk]);
        wake();
      }
      return chunks.toString();
    })
    .finally(() => {
      over = true;
      wake();
    });
  // A test that hangs up does not wait for the end.
  ended.catch(() => {});
  const head = response.then((incoming) => ({
    status: incoming.statusCode ?? 0,
    reason: incoming.statusMessage ?? '',
    headers: incoming.headers,
    raw: incoming.rawHeaders,
  }));
  head.catch(() => {});
  return {
    request,
    head,
    ended,
    body: () => chunks,
    async arrived(bytes) {
      while (chunks.length < bytes && !over) await new Promise<void>((resolve) => waiting.add(resolve));
    },
  };
}

/** Headers that ask for a hang-up. */
export function hangUp(after: { ms?: number; events?: number }, how?: 'fin' | 'rst'): Record<string, string> {
  return {
    ...(after.ms === undefined ? {} : { 'X-Hang-Up-After-Ms': String(after.ms) }),
    ...(after.events === undefined ? {} : { 'X-Hang-Up-After-Events': String(after.events) }),
    ...(how ? { 'X-Hang-Up-How': how } : {}),
  };
}

/** For 127.0.0.1, signed by itself: nothing outside of these tests trusts it. */
export const TEST_CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguvgPcghW32KWSFmT
pTldL0Bn2mj4kLuBTU2H1ArAoJ6hRANCAATJxZjB6XAOfV+kymZ/SBrxBlVTJowA
vcAsbsxVTnGxZJuNVKUXTc4R6AIoZkZxZpXZcUwDt/yuDe+kF5/YDfox
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUPsHTjJxvVE1UzwlRrZFnmtQs9zMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMjIxNTcyNloYDzIxMjYxMDI5
MjE1NzI2WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATJxZjB6XAOfV+kymZ/SBrxBlVTJowAvcAsbsxVTnGxZJuNVKUXTc4R
6AIoZkZxZpXZcUwDt/yuDe+kF5/YDfoxo2QwYjAdBgNVHQ4EFgQU9Q2XvBb+numz
RUop2Age543s7towHwYDVR0jBBgwFoAU9Q2XvBb+numzRUop2Age543s7towDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IHnn0Pa8vXl7YS34gn14/7zPOsi03jDpa7d1O0Tp+bhMAiAyKH7fsWwKN/OybuI2
kBIuqHNLpnAHPsFgr1MckSFTGQ==
-----END CERTIFICATE-----`,
};
