import { once } from 'node:events';
import http, { type ServerResponse } from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startHangUpProxy } from './server.ts';
import { hangUp, httpTarget, listen, proxyTo, SSE, send, stopAll } from './testing.ts';

afterEach(stopAll);

describe('passing through', () => {
  it('passes each chunk of a stream on as it arrives, and the end without a mark', async () => {
    let answering = (_response: ServerResponse) => {};
    const answered = new Promise<ServerResponse>((resolve) => {
      answering = resolve;
    });
    const url = await httpTarget((_request, response) => answering(response));
    const exchange = send(url);
    const response = await answered;
    response.writeHead(200, SSE).flushHeaders();
    expect((await exchange.head).headers['content-type']).toBe('text/event-stream');
    for (const chunk of [': a\n', 'data: on', 'e\n\n', 'data: two']) {
      const before = exchange.body().length;
      response.write(chunk);
      await exchange.arrived(before + chunk.length);
      expect(exchange.body().subarray(before).toString()).toBe(chunk);
    }
    response.end();
    expect(await exchange.ended).toBe(': a\ndata: one\n\ndata: two');
  });

  it('changes nothing of a request but its connection, its host and what is meant for the proxy', async () => {
    const port = await listen(
      http.createServer(async (request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        const { method, url, rawHeaders } = request;
        response.end(JSON.stringify({ method, url, rawHeaders, body: await text(request) }));
      }),
    );
    const { url } = await proxyTo(`http://127.0.0.1:${port}/a/mcp?token=t&x=%20`);
    expect(new URL(url).search).toBe('');
    const headers = {
      'X-Twice': ['a', 'b'],
      Connection: 'X-Named',
      'X-Named': 'gone',
      'Keep-Alive': 'gone',
      TE: 'gone',
      'Mcp-Session-Id': 's',
      'Accept-Encoding': 'br',
    };
    const seen = JSON.parse(await send(url, headers, { body: 'häh' }).ended);
    const length = seen.rawHeaders.indexOf('Content-Length');
    expect(seen).toMatchObject({ method: 'POST', url: '/a/mcp?token=t&x=%20', body: 'häh' });
    expect(seen.rawHeaders.toSpliced(length, 2)).toEqual([
      ...['X-Twice', 'a', 'X-Twice', 'b', 'Mcp-Session-Id', 's', 'Accept-Encoding', 'br'],
      ...['Host', `127.0.0.1:${port}`, 'Connection', 'close'],
    ]);
    const asked = JSON.parse(await send(url, { ...hangUp({ ms: 60_000 }, 'rst'), ...headers }).ended);
    expect(asked.rawHeaders.join()).not.toMatch(/hang-up/i);
    expect(asked.rawHeaders).toContain('identity');
    const deleted = send(url, { 'Transfer-Encoding': 'chunked' }, { method: 'DELETE', body: 'x' });
    expect(JSON.parse(await deleted.ended)).toMatchObject({ method: 'DELETE', body: 'x' });
  });

  it('changes nothing of a response but its connection', async () => {
    const url = await httpTarget((_request, response) => {
      response.sendDate = false;
      response.writeHead(418, 'Short and stout', ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-A', 'é']);
      response.end(Buffer.from('hi'));
    });
    for (const headers of [{}, hangUp({ ms: 60_000, events: 1 })]) {
      const exchange = send(url, headers);
      expect(await exchange.ended).toBe('hi');
      const { status, reason, raw } = await exchange.head;
      expect([status, reason]).toEqual([418, 'Short and stout']);
      expect(raw.slice(0, 6)).toEqual(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-A', 'é']);
      expect(raw.join()).not.toMatch(/date|hang-up/i);
    }
  });

  it.each([{}, hangUp({ ms: 60_000 })])('breaks off where the target does, with %j', async (headers) => {
    const url = await httpTarget((_request, response) => {
      response.writeHead(200, SSE).write('data: one\n\n', () => response.destroy());
    });
    await expect(send(url, headers).ended).rejects.toThrow(/aborted/);
  });

  it.each(['HTTP/1.1 000 No\r\n\r\n', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n'])(
    'survives a head that cannot be passed on: %j',
    async (head) => {
      const port = await listen(
        net.createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(head))),
      );
      const { url } = await proxyTo(`http://127.0.0.1:${port}/mcp`);
      await expect(send(url).ended).rejects.toThrow(/hang up/);
      await expect(send(url, hangUp({ ms: 60_000 })).ended).rejects.toThrow(/hang up/);
    },
  );
});

describe('refusing', () => {
  const target = 'http://127.0.0.1:1/mcp?token=secret';

  it.each([
    ['/', 404, /^hang-up proxy: there is only \/mcp, which stands for http:\/\/127\.0\.0\.1:1\/mcp\?…\n$/],
    ['/mcp/', 404, /there is only \/mcp/],
    ['/mcp?token=other', 404, /there is only \/mcp/],
    ['http://127.0.0.1:1/other', 404, /there is only \/mcp/],
    ['/mcp?token=secret', 502, /gave no response \(ECONNREFUSED\)/],
  ])('%s: %i', async (path, status, why) => {
    const exchange = send((await proxyTo(target)).url, {}, { path });
    expect(await exchange.ended).toMatch(why);
    expect((await exchange.head).status).toBe(status);
  });

  it.each([
    ['localhost', 502],
    ['LOCALHOST:1234', 502],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost@evil.example', 403],
    ['127.0.0.2', 403],
  ])('the Host %s: %i', async (host, status) => {
    const exchange = send((await proxyTo(target)).url, { host });
    expect((await exchange.head).status).toBe(status);
    if (status === 403)
      expect(await exchange.ended).toMatch(/Host header must be 127\.0\.0\.1 or localhost\n/);
  });

  it.each([
    [
      { 'x-hang-up-after-ms': 'soon' },
      'X-Hang-Up-After-Ms is "soon": it must be a whole number from 0 to 999999999',
    ],
    [{ 'x-hang-up-after-ms': '-1' }, 'X-Hang-Up-After-Ms is "-1": it must be'],
    [{ 'x-hang-up-after-ms': '' }, 'X-Hang-Up-After-Ms is "": it must be'],
    [{ 'x-hang-up-after-ms': '9999999999' }, 'X-Hang-Up-After-Ms is "9999999999": it must be'],
    [{ 'x-hang-up-after-events': '1.5' }, 'X-Hang-Up-After-Events is "1.5": it must be'],
    [{ 'x-hang-up-after-events': ['1', '2'] }, 'X-Hang-Up-After-Events is "1, 2": it must be'],
    [{ 'x-hang-up-after-ms': '1', 'x-hang-up-how': 'FIN' }, 'X-Hang-Up-How is "FIN": it must be fin or rst'],
    [{ 'x-hang-up-how': 'rst' }, 'X-Hang-Up-How says how, and nothing says when: add X-Hang-Up-After-Ms or'],
    [
      { 'x-hang-up-after-event': '1' },
      'there is no header x-hang-up-after-event; there are: X-Hang-Up-After-Ms,',
    ],
  ])('400 for %j', async (headers, why) => {
    const exchange = send((await proxyTo(target)).url, headers);
    const answer = await exchange.ended;
    expect((await exchange.head).status).toBe(400);
    expect((await exchange.head).headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.startsWith(`hang-up proxy: ${why}`), answer).toBe(true);
    expect(answer.trimEnd().split('\n')).toHaveLength(1);
  });

  it.each([{}, hangUp({ ms: 0 }), hangUp({ events: 0 }, 'rst')])(
    '502 for a target that is not reachable, with %j',
    async (headers) => {
      const exchange = send((await proxyTo(target)).url, headers);
      const why = 'hang-up proxy: http://127.0.0.1:1/mcp?… gave no response (ECONNREFUSED)\n';
      expect(await exchange.ended).toBe(why);
      expect((await exchange.head).status).toBe(502);
    },
  );

  it('a large request is read to its end where the target is not reachable', async () => {
    const { url } = await proxyTo(target);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (const _ of [1, 2]) {
      const request = http.request(url, { method: 'POST', agent });
      request.end('x'.repeat(5_000_000));
      const [response] = await once(request, 'response');
      expect(response.statusCode).toBe(502);
      await text(response);
    }
    agent.destroy();
  });

  it('says what cannot be a target, or a port', async () => {
    await expect(startHangUpProxy('mcp')).rejects.toMatchObject({ exitCode: 2 });
    const { url } = await proxyTo(target);
    const port = Number(new URL(url).port);
    await expect(startHangUpProxy(target, port)).rejects.toMatchObject({
      exitCode: 3,
      message: `port ${port} is taken: choose another with --port, or 0 for any free one`,
    });
    await expect(startHangUpProxy(url, port)).rejects.toThrow(/cannot be its own target/);
  });
});

describe('ending', () => {
  it.each([{}, hangUp({ ms: 60_000, events: 9 })])(
    'closes the connection to the target when the client has gone, with %j',
    async (headers) => {
      let gone: Promise<unknown> | undefined;
      const url = await httpTarget((_request, response) => {
        gone = once(response, 'close');
        response.writeHead(200, SSE).write('data: one\n\n');
      });
      const exchange = send(url, headers);
      await exchange.arrived(1);
      exchange.request.destroy();
      await gone;
    },
  );

  it('leaves nothing running, however often it is closed', async () => {
    const busy = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
    const gone: Array<Promise<unknown>> = [];
    const target = http.createServer((_request, response) => {
      gone.push(once(response, 'close'));
      response.writeHead(200, SSE).write('data: one\n\n');
    });
    const port = await listen(target);
    const proxy = await startHangUpProxy(`http://127.0.0.1:${port}/mcp`);
    const exchanges = [send(proxy.url), send(proxy.url, hangUp({ ms: 60_000 }))];
    for (const exchange of exchanges) await exchange.arrived(1);
    await Promise.all([proxy.close(), proxy.close()]);
    for (const { ended } of exchanges) await expect(ended).rejects.toThrow(/aborted/);
    await Promise.all(gone);
    await stopAll();
    await vi.waitFor(() => expect(busy()).toEqual([]));
    await expect(send(proxy.url).head).rejects.toThrow(/ECONNREFUSED/);
  });
});
