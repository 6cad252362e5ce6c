/**
 * An MCP client of the 2025 revisions that shares nothing with the suite: for opinions of its own on what a server
 * does.
 */

import { EventEmitter } from 'node:events';
import { createParser } from 'eventsource-parser';
import { Agent, type Dispatcher, request } from 'undici';

// biome-ignore lint/suspicious/noExplicitAny: what a server says; a rule looks at it field by field.
export type Json = any;
export type Id = string | number;

type Response = Dispatcher.ResponseData<unknown>;

const REVISION = '2025-11-25';

/** One HTTP exchange; its messages are there as soon as they have arrived. */
export class Exchange {
  readonly messages: Json[] = [];
  /** The body as far as it has arrived. */
  text = '';
  readonly head: Promise<Response>;
  /** Whether the response came to its own end; false where the connection broke, or what came is no JSON. */
  readonly ended: Promise<boolean>;
  readonly #connection = new AbortController();
  readonly #news = new EventEmitter();

  constructor(url: string, options: NonNullable<Parameters<typeof request>[1]>) {
    this.head = request(url, { ...options, signal: this.#connection.signal });
    this.ended = this.head
      .then((head) => this.#read(head))
      .then(
        () => true,
        () => false,
      );
  }

  /** The first message that matches; undefined where the exchange ends without it. */
  until(matches: (message: Json) => boolean): Promise<Json> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.messages.find(matches);
        if (found) resolve(found);
      };
      this.#news.on('message', look);
      look();
      this.ended.then(() => resolve(undefined));
    });
  }

  /** Closes the connection, as a client that goes away. */
  drop(): void {
    this.#connection.abort();
  }

  async #read({ headers, body }: Response): Promise<void> {
    const type = String(headers['content-type']);
    const isStream = type.startsWith('text/event-stream');
    const decoder = new TextDecoder();
    const parser = createParser({ onEvent: ({ data }) => this.#take(data) });
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true });
      this.text += text;
      if (isStream) parser.feed(text);
    }
    if (type.startsWith('application/json')) this.#take(this.text);
  }

  #take(data: string): void {
    // The first event of a stream may have an id and no data.
    if (data === '') return;
    this.messages.push(JSON.parse(data));
    this.#news.emit('message');
  }
}

/** What a whole response was. */
export interface Reply {
  status: number;
  text: string;
  messages: Json[];
}

/** A call of the tool `slow`. */
export interface Call {
  id: Id;
  /** By which the witness knows it. */
  key: string;
  steps: number;
  exchange: Exchange;
}

/** What the witness tells of a call. */
export interface Seen {
  ticks: number;
  finished: number;
}

/** One session. */
export class Session {
  #asked = 0;
  readonly #url: string;
  readonly #connections = new Agent();
  #headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };

  private constructor(url: string) {
    this.#url = url;
  }

  static async open(url: string): Promise<Session> {
    const session = new Session(url);
    const params = {
      protocolVersion: REVISION,
      capabilities: {},
      clientInfo: { name: 'plain', version: '1' },
    };
    const exchange = session.post({ jsonrpc: '2.0', id: 'hello', method: 'initialize', params });
    const { headers } = await exchange.head;
    const answer = await exchange.until(({ id }) => id === 'hello');
    if (!answer?.result) throw new Error(`the server cannot be initialized: ${exchange.text}`);
    session.#headers['mcp-protocol-version'] = answer.result.protocolVersion;
    session.#headers['mcp-session-id'] = String(headers['mcp-session-id']);
    await session.notify('notifications/initialized');
    return session;
  }

  post(message: Json, headers: Record<string, string> = {}): Exchange {
    return this.#exchange('POST', headers, JSON.stringify(message));
  }

  /** Opens the stream that belongs to no request. */
  listen(): Exchange {
    return this.#exchange('GET');
  }

  async notify(method: string, params?: Json, headers?: Record<string, string>): Promise<Reply> {
    const exchange = this.post({ jsonrpc: '2.0', method, params }, headers);
    const { statusCode } = await exchange.head;
    await exchange.ended;
    return { status: statusCode, text: exchange.text, messages: exchange.messages };
  }

  cancel(requestId: Json, headers?: Record<string, string>): Promise<Reply> {
    return this.notify('notifications/cancelled', { requestId, reason: 'second opinion' }, headers);
  }

  /** Sends a request, under an id that no call has; undefined where it is not answered. */
  ask(method: string, params?: Json): Promise<Json> {
    const id = `ask-${++this.#asked}`;
    return this.post({ jsonrpc: '2.0', id, method, params }).until((message) => message.id === id);
  }

  async isAlive(): Promise<boolean> {
    return (await this.ask('ping'))?.result !== undefined;
  }

  /** Calls `slow`, which takes `steps` times 20 ms, and returns when it is known to run. */
  async start(id: Id, steps: number): Promise<Call> {
    const key = crypto.randomUUID();
    const params = {
      name: 'slow',
      arguments: { key, steps, interval_ms: 20 },
      _meta: { progressToken: key },
    };
    const exchange = this.post({ jsonrpc: '2.0', id, method: 'tools/call', params });
    const runs = await exchange.until(({ method }) => method === 'notifications/progress');
    if (!runs) throw new Error(`the call ${JSON.stringify(id)} did not start: ${exchange.text}`);
    return { id, key, steps, exchange };
  }

  async state(key: string): Promise<Seen> {
    const answer = await this.ask('tools/call', { name: 'state', arguments: { key } });
    if (!answer?.result?.structuredContent)
      throw new Error(`the witness is silent: ${JSON.stringify(answer)}`);
    return answer.result.structuredContent;
  }

  /** Ends the session and whatever is still open in it. */
  async close(): Promise<void> {
    await this.#exchange('DELETE').ended;
    await this.#connections.destroy();
  }

  #exchange(method: 'POST' | 'GET' | 'DELETE', more: Record<string, string> = {}, body?: string): Exchange {
    const headers = { ...this.#headers, ...more };
    return new Exchange(this.#url, { method, headers, body: body ?? null, dispatcher: this.#connections });
  }
}
