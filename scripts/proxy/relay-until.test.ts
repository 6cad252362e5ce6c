import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSse } from '../../collections/src/lib/sse.ts';
import { hangUp, httpTarget, type Sent, SSE, send, stopAll } from './testing.ts';

afterEach(stopAll);

/** The end of a stream that was hung up. */
const mark = (what: string) => new RegExp(`^: hang-up ${what}; ms=\\d+\n\n$`);

/** A target whose every response is for the test to write. */
async function waiting() {
  const responses: ServerResponse[] = [];
  let wake = () => {};
  const url = await httpTarget((_request, response) => {
    responses.push(response);
    wake();
  });
  return {
    url,
    async next(): Promise<ServerResponse> {
      if (responses.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return responses.shift() as ServerResponse;
    },
  };
}

/** Writes each part when the one before it has come through, so that no two are read at once. */
async function feed(response: ServerResponse, exchange: Sent, parts: Buffer[]): Promise<string> {
  response.writeHead(200, SSE).flushHeaders();
  await exchange.head;
  let bytes = 0;
  for (const part of parts) {
    if (response.destroyed) break;
    response.write(part);
    bytes += part.length;
    await exchange.arrived(bytes);
  }
  return exchange.ended;
}

it('tells when each event arrived, and closes nothing', async () => {
  const { url, next } = await waiting();
  const began = Date.now();
  const exchange = send(url, { 'X-Hang-Up-Times': 'yes' });
  const response = await next();
  response.writeHead(200, SSE);
  response.end('data: 1\n\n: ping\n\nid: 2\ndata: 2\r\n\r\ndata: cut');
  const body = await exchange.ended;
  expect(body.replace(/: at \d+\n/g, '')).toBe('data: 1\n\n: ping\n\nid: 2\ndata: 2\r\n\r\ndata: cut');
  const { events, comments } = parseSse(body);
  expect(events.map(({ data }) => data)).toEqual(['1', '2']);
  for (const { at } of events) expect(at).toBeGreaterThanOrEqual(began);
  expect(comments).toEqual(['ping']);
});

describe('after a number of events', () => {
  const stream = (eol: string) =>
    Buffer.from(
      [
        ...[
          ': hello',
          '',
          'id: 1',
          'data:',
          '',
          ': ping',
          'event: x',
          'data: é1',
          'data: 2',
          '',
          'event: none',
          '',
        ],
        ...[': ping', ': ping', '', 'data: three', ': inside', '', 'data: four', '', ''],
      ].join(eol),
    );

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('ends behind the event, cut anywhere, with %s', async (_name, eol) => {
    const { url, next } = await waiting();
    const whole = stream(eol);
    const upTo = whole.indexOf('data: four');
    for (let cut = 1; cut < whole.length; cut++) {
      const exchange = send(url, hangUp({ events: 3 }));
      const body = await feed(await next(), exchange, [whole.subarray(0, cut), whole.subarray(cut)]);
      // Between the halves of its last CRLF, the event has ended already.
      const expected = whole.subarray(0, eol === '\r\n' && cut === upTo - 1 ? cut : upTo).toString();
      expect(body.startsWith(expected), `cut at ${cut}: ${JSON.stringify(body)}`).toBe(true);
      expect(body.slice(expected.length)).toMatch(mark('fin; events=3'));
      const { events, truncated } = parseSse(body);
      expect([events.map(({ data }) => data), truncated]).toEqual([['', 'é1\n2', 'three'], false]);
    }
  });

  it.each(['\n', '\r\n', '\r'])('counts byte for byte, with %j', async (eol) => {
    const { url, next } = await waiting();
    for (const events of [1, 2, 3, 4]) {
      const exchange = send(url, hangUp({ events }));
      const bytes = [...stream(eol)].map((byte) => Buffer.from([byte]));
      const body = await feed(await next(), exchange, bytes);
      expect(parseSse(body).events).toEqual(parseSse(stream(eol).toString()).events.slice(0, events));
      expect(body.slice(body.lastIndexOf(': hang-up'))).toMatch(mark(`fin; events=${events}`));
    }
  });

  it('passes a stream on unchanged that has fewer', async () => {
    const { url, next } = await waiting();
    const exchange = send(url, hangUp({ events: 5, ms: 60_000 }));
    (await next()).writeHead(200, { ...SSE, 'Content-Length': stream('\n').length }).end(stream('\n'));
    expect(await exchange.ended).toBe(stream('\n').toString());
  });

  it('ends a stream whose length was announced with a mark as well', async () => {
    const { url, next } = await waiting();
    const exchange = send(url, hangUp({ events: 1 }));
    (await next()).writeHead(200, { ...SSE, 'Content-Length': 100 }).write('data: one\n\ndata: two\n\n');
    expect((await exchange.ended).split('\n\n')).toEqual([
      'data: one',
      expect.stringMatching(/^: hang-up/),
      '',
    ]);
  });

  it('0: before any byte of the response, when all of the request was sent', async () => {
    let bytes = 0;
    let told = () => {};
    const read = new Promise<void>((resolve) => {
      told = resolve;
    });
    const url = await httpTarget((request, response) => {
      response.writeHead(200, SSE).write('data: one\n\n');
      request.on('data', (chunk) => {
        bytes += chunk.length;
        if (bytes === 100_000) told();
      });
    });
    const exchange = send(url, hangUp({ events: 0 }), { body: 'x'.repeat(100_000) });
    expect(await exchange.ended).toBe('');
    const { status, headers } = await exchange.head;
    expect(status).toBe(204);
    expect(headers['x-hang-up']).toMatch(/^fin; events=0; ms=\d$/);
    expect(headers['content-type']).toBeUndefined();
    await read;
  });
});

describe('after a time', () => {
  it('what was cut within an event is no event', async () => {
    const ends: Array<[given: string, end: RegExp]> = [
      ['', /^: hang-up .*\n\n$/],
      ['data: one\n\n', /\n\n: hang-up .*\n\n$/],
      [': keep-alive', /^: keep-alive\n: hang-up .*\n\n$/],
      [': keep-alive\n', /^: keep-alive\n: hang-up .*\n\n$/],
      ['data: one\n\nda', /\nda\n: hang-up .*\n$/],
      ['data: one\n\ndata: {"a":', /"a":\n: hang-up .*\n$/],
      ['data: one\n\ndata: two\n', /two\n: hang-up .*\n$/],
      ['data: one\n\ndata: two\r', /two\r: hang-up .*\n$/],
      ['data: one\n\n: inside\ndata: two\n: insi', /: insi\n: hang-up .*\n$/],
      ['data: one\r\n\r', /one\r\n\r: hang-up .*\n\n$/],
    ];
    await Promise.all(
      ends.map(async ([given, end]) => {
        const { url, next } = await waiting();
        const exchange = send(url, hangUp({ ms: 250, events: 9 }, 'rst'));
        const body = await feed(await next(), exchange, given ? [Buffer.from(given)] : []);
        expect(body.startsWith(given), body).toBe(true);
        expect(body).toMatch(end);
        const { events, comments } = parseSse(body);
        const whole = parseSse(given).events;
        expect(events).toEqual(whole);
        const [, count, ms] = /^hang-up rst; events=(\d+); ms=(\d+)$/.exec(comments.at(-1) ?? '') ?? [];
        expect(Number(count)).toBe(whole.length);
        expect(Number(ms)).toBeGreaterThanOrEqual(249);
      }),
    );
  });

  it('204 where there is no response, or one that is no stream and not complete', async () => {
    const url = await httpTarget((request, response) => {
      if (request.headers['x-begin'])
        response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"jsonrpc":');
    });
    for (const begin of [{}, { 'X-Begin': '1' }]) {
      const exchange = send(url, { ...hangUp({ ms: 50 }), ...begin });
      expect(await exchange.ended).toBe('');
      const { status, headers } = await exchange.head;
      expect(status).toBe(204);
      expect(headers['x-hang-up']).toMatch(/^fin; events=0; ms=\d+$/);
    }
  });

  it('an answer that was complete before is passed on unchanged', async () => {
    const url = await httpTarget((request, response) => {
      response.writeHead(request.method === 'DELETE' ? 202 : 200, { 'Content-Type': 'application/json' });
      if (request.method === 'DELETE') response.end();
      else response.write('{"a":', () => response.end('1}'));
    });
    expect(await send(url, hangUp({ ms: 60_000, events: 1 })).ended).toBe('{"a":1}');
    const accepted = send(url, hangUp({ ms: 60_000 }), { method: 'DELETE', body: '' });
    expect([(await accepted.head).status, await accepted.ended]).toEqual([202, '']);
    expect((await accepted.head).headers['x-hang-up']).toBeUndefined();
  });

  it('what comes first counts', async () => {
    const { url, next } = await waiting();
    const exchange = send(url, hangUp({ ms: 60_000, events: 1 }));
    expect(await feed(await next(), exchange, [Buffer.from('data: one\n\n')])).toMatch(/events=1/);
    const other = send(url, hangUp({ ms: 20, events: 2 }));
    expect(await feed(await next(), other, [Buffer.from('data: one\n\n')])).toMatch(/events=1/);
  });

  it('says so where events cannot be counted', async () => {
    const url = await httpTarget((_request, response) =>
      response.writeHead(200, { ...SSE, 'Content-Encoding': 'br' }).write('?'),
    );
    const exchange = send(url, hangUp({ events: 1 }));
    expect(await exchange.ended).toMatch(/^hang-up proxy: the target compresses its events \(br\)/);
    expect((await exchange.head).status).toBe(502);
  });
});
