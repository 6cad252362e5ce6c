import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAgents } from './agent.ts';

let server: http.Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server that answers a DELETE with the given status and never ends any other exchange. */
async function endless(deleteStatus: number, head = true) {
  const hungUp: Array<Promise<unknown>> = [];
  server = http.createServer((request, response) => {
    if (request.method === 'DELETE') return response.writeHead(deleteStatus).end();
    hungUp.push(once(response, 'close'));
    if (head) response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n');
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, hungUp };
}

/** What had arrived, and how it ended. */
const LEFT_OPEN = 'data: one\n\n\n: hang-up by the runner: the target left it open\n';

function send(agent: http.Agent, port: number, method: string, session: string) {
  const request = http.request({
    agent,
    port,
    host: '127.0.0.1',
    method,
    headers: { 'mcp-session-id': session },
  });
  request.end();
  const body = once(request, 'response').then(async ([response]) => {
    let text = '';
    for await (const chunk of response) text += chunk;
    return text;
  });
  // An exchange without a response is destroyed, which the test may want to see later.
  body.catch(() => {});
  return { request, body };
}

describe('agents that let nothing stay open', () => {
  it.each([200, 405])(
    'hang up the exchanges of a session after its DELETE was answered with %i',
    async (status) => {
      const { port, hungUp } = await endless(status);
      const agents = createAgents(60_000);
      const own = send(agents.http, port, 'POST', 'a');
      const other = send(agents.http, port, 'POST', 'b');
      await Promise.all([once(own.request, 'response'), once(other.request, 'response')]);
      await send(agents.http, port, 'DELETE', 'a').body;
      expect(await own.body).toBe(LEFT_OPEN);
      await hungUp[0];
      expect(other.request.destroyed).toBe(false);
      agents.hangUpAll();
      expect(await other.body).toBe(LEFT_OPEN);
      await hungUp[1];
    },
  );

  it('hang up after a time where there is no session to delete', async () => {
    const { port, hungUp } = await endless(405);
    const agents = createAgents(100);
    expect(await send(agents.http, port, 'POST', '').body).toBe(LEFT_OPEN);
    await hungUp[0];
  });

  it('give no connection that they hang up to the next exchange', async () => {
    const { port } = await endless(200);
    const agents = createAgents(100);
    await send(agents.http, port, 'POST', '').body;
    expect(await send(agents.http, port, 'POST', '').body).toBe(LEFT_OPEN);
  });

  it('end an exchange that never got a response with an error', async () => {
    const { port } = await endless(405, false);
    const agents = createAgents(100);
    await expect(send(agents.http, port, 'POST', '').body).rejects.toThrow(/hang up|aborted|destroyed/);
  });

  it('do not keep a connection until the server closes it under the next exchange', async () => {
    server = http.createServer((_request, response) => response.end('done'));
    server.keepAliveTimeout = 60_000;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection');
    const { port } = server.address() as AddressInfo;
    const agents = createAgents(60_000);
    await send(agents.http, port, 'POST', 'a').body;
    const second = send(agents.http, port, 'POST', 'a');
    await second.body;
    expect(second.request.reusedSocket).toBe(true);
    const [socket] = await connected;
    await once(socket, 'close');
  });
});
