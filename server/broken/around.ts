/**
 * The reference server with a layer before it, through which every exchange passes: what a broken server does
 * wrong on the wire is its layer, what its tools do wrong is its offer, and the core knows of neither.
 *
 * Without both it is the reference server: what arrives is passed on, as it arrives, in both directions.
 */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { pino } from 'pino';
import { Agent, type Dispatcher, request } from 'undici';
import { onceGone } from '../bridge.ts';
import type { Config } from '../config.ts';
import { startTemporary } from '../temporary.ts';
import type { Offer } from '../tools/index.ts';
import type { BareServer } from './bare.ts';
import { Cut, type Handle, type Incoming, type Json, type Layer, type Outgoing } from './exchange.ts';
import { formatEvent, parseEvents, type SseEvent } from './sse.ts';

/** Headers that belong to one connection, not to what travels on it. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'content-length'];

/** What is wrong with a server. */
export interface Tampering {
  config?: Partial<Config>;
  /** Gives other tools, prompts and resources than those that it is given. */
  offer?: (offer: Offer) => Offer;
  layer?: Layer;
}

/** Starts a reference server and, in front of it, its layer. */
export async function startAround(
  { config = {}, offer, layer = (next) => next }: Tampering = {},
  { port = 0 } = {},
): Promise<BareServer> {
  const core = await startTemporary(config, pino({ level: 'silent' }), offer);
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const handle = layer(forwardTo(core.url, agent), core);

  const server = createServer(async (req, res) => {
    const gone = new AbortController();
    onceGone(res, () => res.writableFinished || gone.abort());
    try {
      await deliver(await handle(await read(req, gone.signal)), res);
    } catch (error) {
      // A layer that fails is a mistake of its author's, and must not look like the fault.
      if (!gone.signal.aborted && !(error instanceof Cut)) console.error(error);
      res.destroy();
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch(async (error) => {
    await core.close();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await agent.destroy();
      await core.close();
    },
  };
}

/** Passes requests on. A client that hangs up there hangs up here. */
function forwardTo(url: string, dispatcher: Dispatcher): Handle {
  return async ({ method, path, headers, text, gone }) => {
    const answer = await request(new URL(path, url), {
      dispatcher,
      method: method as Dispatcher.HttpMethod,
      headers: passedOn(headers),
      body: text || null,
      signal: gone,
    });
    const head = { status: answer.statusCode, headers: passedOn(answer.headers) };
    if (!String(answer.headers['content-type']).startsWith('text/event-stream'))
      return { ...head, body: await answer.body.text() };
    return { ...head, events: parseEvents(answer.body) };
  };
}

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
}

async function read(req: IncomingMessage, gone: AbortSignal): Promise<Incoming> {
  const { method = 'GET', url: path = '/', headers } = req;
  const text = await readText(req);
  const sessionId = headers['mcp-session-id'] as string | undefined;
  return { method, path, headers, text, body: parse(text), sessionId, gone };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function deliver(outgoing: Outgoing, res: ServerResponse): Promise<void> {
  res.statusCode = outgoing.status;
  for (const [name, value] of Object.entries(outgoing.headers))
    if (value !== undefined) res.setHeader(name, value);
  if ('body' in outgoing) return void res.end(outgoing.body);
  res.flushHeaders();
  await pipeline(frames(outgoing.events), res);
}

async function* frames(events: AsyncIterable<SseEvent>): AsyncGenerator<string> {
  for await (const event of events) yield formatEvent(event);
}
