import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What is answered to a method, but for what JSON-RPC adds. */
type Answer = { result: unknown } | { error: unknown };

/** @returns nothing where it is never answered */
type Answering = (params: Record<string, unknown>, headers: IncomingHttpHeaders) => Answer | undefined;

/**
 * For tests: a server that answers each method as it is told to, be it as odd as it likes; it ends with the test.
 * @returns its address
 */
export async function startOddServer(answers: Record<string, Answer | Answering>): Promise<string> {
  const all: typeof answers = {
    initialize: { result: { protocolVersion: '2025-11-25', serverInfo: { name: 'odd', version: '1' } } },
    ...answers,
  };
  const server = http.createServer(async (request, response) => {
    const { id, method, params } = JSON.parse((await text(request)) || '{}');
    const answer = all[method];
    if (!answer) return void response.writeHead(202).end();
    const told = typeof answer === 'function' ? answer(params, request.headers) : answer;
    if (!told) return;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...told }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}
