/** For tests: a server in this process, and a client that shows every message of every stream as it arrives. */

import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { Agent, request } from 'undici';
import type { Config } from './config.ts';
import { startTemporary, type Temporary } from './temporary.ts';
import type { CallId, Tool } from './tools/tool.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a server sends is looked at field by field, and asserted on.
export type Message = any;

export interface TestServer extends Temporary {
  /** Every line of the log, parsed. */
  lines: Message[];
  /** The lines of a kind, such as `cancel` or `call`. */
  logged(msg: string): Message[];
}

/** A server on a free port with a data folder of its own; `close` removes both. Settings that are not given are the defaults. */
export async function startServer(
  settings: Partial<Config> = {},
  more: readonly Tool[] = [],
): Promise<TestServer> {
  const lines: Message[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const server = await startTemporary(settings, log, (offer) => ({
    ...offer,
    tools: [...offer.tools, ...more],
  }));
  return { ...server, lines, logged: (msg) => lines.filter((line) => line.msg === msg) };
}

/** The response to one POST, read as it arrives. */
export class Exchange {
  readonly messages: Message[] = [];
  /** Every event of a stream: its id, its retry, its data. */
  readonly events: Message[] = [];
  /** Resolves with all messages when the response has ended. */
  readonly ended: Promise<Message[]>;
  readonly #abort = new AbortController();
  readonly #waiting = new Set<() => void>();
  status = 0;
  headers: Message = {};
  #open = true;

  constructor(url: string, options: Omit<NonNullable<Parameters<typeof request>[1]>, 'signal'>) {
    this.ended = this.#read(url, options).finally(() => {
      this.#open = false;
      this.#wake();
    });
    // A test that hangs up does not wait for the end.
    this.ended.catch(() => {});
  }

  /** The first message for which this holds, or will hold. */
  async find(wanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages.find(wanted);
      if (found) return found;
      if (!this.#open) throw new Error(`The stream ended without it: ${JSON.stringify(this.messages)}`);
      await new Promise<void>((wake) => this.#waiting.add(wake));
    }
  }

  /** The first event of the stream is there. */
  async primed(): Promise<Message> {
    while (!this.events.length && this.#open) await new Promise<void>((wake) => this.#waiting.add(wake));
    return this.events[0];
  }

  /** The call has begun to run: its first log line is there. */
  started(): Promise<Message> {
    return this.find((message) => message.method === 'notifications/message');
  }

  /** The last message, when the stream has ended. */
  async answer(): Promise<Message> {
    return (await this.ended).at(-1);
  }

  /** Drops the connection. */
  hangUp(): void {
    this.#abort.abort();
  }

  get open(): boolean {
    return this.#open;
  }

  async #read(
    url: string,
    options: Omit<NonNullable<Parameters<typeof request>[1]>, 'signal'>,
  ): Promise<Message[]> {
    const { statusCode, headers, body } = await request(url, { ...options, signal: this.#abort.signal });
    this.status = statusCode;
    this.headers = headers;
    body.setEncoding('utf8');
    let text = '';
    const stream = String(headers['content-type']).startsWith('text/event-stream');
    for await (const piece of body) {
      text += piece;
      if (!stream) continue;
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const fields = new Map(frame.split('\n').map((line) => line.split(/: (.*)/) as [string, string]));
        if (fields.has('data')) this.events.push(Object.fromEntries(fields));
        const data = fields.get('data');
        if (data) this.messages.push(JSON.parse(data));
      }
      this.#wake();
    }
    if (!stream && text) this.messages.push(JSON.parse(text));
    return this.messages;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** A client with one session. */
export class TestClient {
  readonly #url: string;
  readonly #agent: Agent;
  revision: string;
  session: string | undefined;

  constructor(url: string, revision = '2025-11-25', agent = new Agent()) {
    this.#url = url;
    this.revision = revision;
    this.#agent = agent;
  }

  static async open(url: string, revision?: string): Promise<TestClient> {
    const client = new TestClient(url, revision);
    await client.initialize();
    return client;
  }

  async initialize(capabilities: object = {}): Promise<Message> {
    const clientInfo = { name: 'test', version: '1' };
    const params = { protocolVersion: this.revision, capabilities, clientInfo };
    const exchange = this.post({ jsonrpc: '2.0', id: 'init', method: 'initialize', params });
    const answer = await exchange.answer();
    this.session = exchange.headers['mcp-session-id'];
    await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' }).ended;
    return answer;
  }

  /** Sends anything; a string goes out as it is. */
  post(
    message: Message,
    headers: Record<string, string> = {},
    method: 'POST' | 'GET' | 'DELETE' = 'POST',
  ): Exchange {
    return new Exchange(this.#url, {
      method,
      dispatcher: this.#agent,
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...(this.session && { 'mcp-session-id': this.session, 'mcp-protocol-version': this.revision }),
        ...headers,
      },
      body: method === 'POST' ? (typeof message === 'string' ? message : JSON.stringify(message)) : null,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Calls a tool; progress is asked for with the id as token. */
  call(id: CallId, name: string, args: Record<string, unknown>): Exchange {
    const params = { name, arguments: args, _meta: { progressToken: id } };
    return this.post({ jsonrpc: '2.0', id, method: 'tools/call', params });
  }

  /** Calls a tool and waits for the answer. */
  tool(name: string, args: Record<string, unknown>): Promise<Message> {
    return this.call(`tool-${Math.random()}`, name, args).answer();
  }

  /** Cancels, and waits for the response to the cancel itself. */
  async cancel(requestId: unknown, reason?: unknown): Promise<Exchange> {
    const params = { requestId, ...(reason !== undefined && { reason }) };
    const exchange = this.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    await exchange.ended;
    return exchange;
  }

  /** What the witness says by this key. */
  async state(key: string): Promise<Message> {
    return (await this.tool('state', { key })).result.structuredContent;
  }

  /** Waits until the handler of the call with this key has ticked. */
  async running(key: string): Promise<void> {
    for (;;) {
      const { result } = await this.tool('state', { key });
      if (result.structuredContent?.ticks > 0) return;
    }
  }

  /** Waits until the witness says so. */
  async seen(key: string, wanted: (state: Message) => boolean): Promise<Message> {
    for (;;) {
      const state = await this.state(key);
      if (wanted(state)) return state;
    }
  }

  async delete(): Promise<Exchange> {
    const exchange = this.post(undefined, {}, 'DELETE');
    await exchange.ended;
    return exchange;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** Waits for the end of an exchange, for less time than the tests' own limit, so that one left open is told as such. */
export async function ended(exchange: Exchange | undefined): Promise<void> {
  const timeout = setTimeout(5000, 'left open', { ref: false });
  const became = await Promise.race([exchange?.ended.then(() => 'ended'), timeout]);
  if (became !== 'ended')
    throw new Error(`The exchange was left open: ${JSON.stringify(exchange?.messages)}`);
}

/** What keeps this process busy, apart from files: whether vitest or the server reads one is not told. */
export function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => !name.startsWith('FS'))
    .sort();
}

export const NOTHING = { streams: 0, requests: 0, responses: 0, controllers: 0, calls: 0, unanswered: 0 };

/** What the SDK and the registry remember of the requests of a session; all of it is 0 when none is in flight. */
export function leftovers(session: Message): Record<string, number> {
  const web = session.transport;
  return {
    streams: web._streamMapping.size,
    requests: web._requestToStreamMapping.size,
    responses: web._requestResponseMap.size,
    controllers: session.server._requestHandlerAbortControllers.size,
    calls: session.calls.size,
    unanswered: session.events.unanswered,
  };
}
