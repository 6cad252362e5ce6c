/** A session over nothing but HTTP and SSE, for those who want to see what passes. */

import { EventEmitter } from 'node:events';
import { createParser } from 'eventsource-parser';
import { Agent, type Dispatcher, request } from 'undici';
import { suiteVersion } from '../suite-version.ts';
import { abbreviate, abbreviateFrame } from './abbreviate.ts';
import type { Target } from './options.ts';
import type { CancelMethod } from './session.ts';
import type { Trace } from './trace.ts';
import { OPEN_MS, refused, silent, unreachable } from './unreachable.ts';
import { within } from './within.ts';

const REVISION = '2025-11-25';

/** How long to wait for what is only nicer to see in its place, in milliseconds. */
const SOON_MS = 300;

/** How long the server may take to take a notification, in milliseconds. */
const NOTIFY_MS = 5000;

/** How long the server may take to end the session, in milliseconds. */
const CLOSE_MS = 2000;

/** A JSON-RPC message; a server may have put anything into it. */
export interface Message {
  id?: string | number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: unknown };
}

/** One event of a stream. */
export interface Frame {
  id: string | undefined;
  /** Milliseconds after which a client may come back, where this event said so. */
  retry: number | undefined;
  /** Undefined where the event had no data, as the first one of a stream. */
  message: Message | undefined;
}

type Head = Dispatcher.ResponseData<unknown>;

/** How the HTTP exchange of a request ended. */
export type Fate = 'ended' | 'hung up' | 'broken';

type RequestOptions = NonNullable<Parameters<typeof request>[1]> & { headers: Record<string, string> };

/** One HTTP exchange, shown as it passes. */
export class Exchange {
  readonly frames: Frame[] = [];
  readonly messages: Message[] = [];
  /** @throws the error of the connection */
  readonly head: Promise<Head>;
  readonly fate: Promise<Fate>;
  readonly #connection = new AbortController();
  readonly #news = new EventEmitter();
  readonly #trace: Trace;
  /** Whether it is the one that opens the session. */
  readonly #opens: boolean;

  constructor(url: string, options: RequestOptions, trace: Trace) {
    this.#trace = trace;
    this.#opens = options.headers['mcp-session-id'] === undefined;
    this.head = request(url, { ...options, signal: this.#connection.signal });
    this.fate = this.head
      .then((head) => this.#read(head))
      .then(
        (): Fate => 'ended',
        (error: Error): Fate => {
          if (this.#connection.signal.aborted) return 'hung up';
          trace.note(`the connection broke: ${error.message}`);
          return 'broken';
        },
      );
  }

  /** The first message for which this holds; undefined where the exchange ends without it. */
  until(wanted: (message: Message) => boolean): Promise<Message | undefined> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.messages.find(wanted);
        if (found) resolve(found);
      };
      this.#news.on('message', look);
      look();
      this.fate.then(() => resolve(undefined));
    });
  }

  /** The id of the last event that had one: where to go on from. */
  get lastEventId(): string | undefined {
    return this.frames.findLast(({ id }) => id !== undefined)?.id;
  }

  /** Closes the connection. */
  hangUp(): void {
    this.#connection.abort();
  }

  async #read({ statusCode, headers, body }: Head): Promise<void> {
    const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
    const session = this.#opens ? headers['mcp-session-id'] : undefined;
    // The whole id is all that is needed to speak in the session.
    const sessionText = session === undefined ? '' : ` session ${String(session).slice(0, 8)}…`;
    this.#trace.received(`${statusCode} ${type || 'no body'}${sessionText}`);
    const decoder = new TextDecoder();
    let text = '';
    let retry: number | undefined;
    const parser = createParser({
      onRetry(ms) {
        retry = ms;
      },
      onEvent: ({ id, data }) => {
        const frame = { id, retry, message: data === '' ? undefined : parse(data) };
        retry = undefined;
        this.frames.push(frame);
        this.#trace.received(abbreviateFrame(frame));
        this.#take(frame.message);
      },
    });
    const isStream = type === 'text/event-stream';
    for await (const chunk of body) {
      const piece = decoder.decode(chunk, { stream: true });
      if (isStream) parser.feed(piece);
      else text += piece;
    }
    if (isStream) this.#trace.note('the stream has ended');
    else if (type === 'application/json' && text !== '') {
      const message = parse(text);
      this.#trace.received(abbreviate(message));
      this.#take(message);
    }
  }

  #take(message: Message | undefined): void {
    if (message === undefined) return;
    this.messages.push(message);
    this.#news.emit('message');
  }
}

/** What is no JSON is shown as what it is. */
function parse(text: string): Message {
  try {
    const message = JSON.parse(text);
    if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message;
  } catch {}
  return { method: `(no JSON-RPC message) ${text}` };
}

/** A session of which every exchange is shown. */
export class RawSession {
  readonly #url: string;
  readonly #trace: Trace;
  readonly #connections = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  readonly #headers: Record<string, string>;
  #lastId = 0;
  /** Whether the server answered `initialize` with a stream. */
  streams = false;

  private constructor({ url, authorization }: Target, trace: Trace) {
    this.#url = url;
    this.#trace = trace;
    this.#headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(authorization !== undefined && { authorization }),
    };
  }

  /**
   * Initializes a session.
   * https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization
   * @throws Failure (3) where nothing answers, or what answers opens none
   */
  static async open(target: Target, trace: Trace, signal?: AbortSignal): Promise<RawSession> {
    const session = new RawSession(target, trace);
    try {
      await session.#initialize(target.url, signal);
      return session;
    } catch (error) {
      await session.#connections.destroy();
      throw error;
    }
  }

  async #initialize(url: string, signal?: AbortSignal): Promise<void> {
    const { exchange } = this.request('initialize', {
      protocolVersion: REVISION,
      capabilities: {},
      clientInfo: { name: 'raw', version: suiteVersion() },
    });
    const opened = (async () => {
      const { statusCode, headers } = await exchange.head.catch((error) => {
        throw unreachable(url, error);
      });
      if (statusCode !== 200) throw refused(url, statusCode);
      const answer = await exchange.until(({ id }) => id === this.#lastId);
      if (!answer?.result) throw unreachable(url, new Error(answer?.error?.message ?? 'no answer'));
      this.#headers['mcp-protocol-version'] = String(answer.result.protocolVersion);
      const id = headers['mcp-session-id'];
      if (id !== undefined) this.#headers['mcp-session-id'] = String(id);
      this.streams = exchange.frames.length > 0;
      await within(exchange.fate, SOON_MS);
      return true;
    })();
    if (!(await within(opened, OPEN_MS, signal))) {
      exchange.hangUp();
      opened.catch(() => {});
      throw signal?.aborted ? signal.reason : silent(url);
    }
    await this.notify('notifications/initialized');
  }

  /** Sends a request under the next id. */
  request(method: string, params: Record<string, unknown>): { id: number; exchange: Exchange } {
    const id = ++this.#lastId;
    return { id, exchange: this.#post({ id, method, params }) };
  }

  /** Sends a notification, and waits until the server has taken it. */
  async notify(method: string, params?: Record<string, unknown>): Promise<void> {
    await within(this.#post({ method, ...(params && { params }) }).fate, NOTIFY_MS);
  }

  /**
   * Cancels a request.
   * https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#cancellation-flow
   */
  async cancel(id: number, reason: string, method: CancelMethod): Promise<void> {
    await this.notify(method, method === '$/cancelRequest' ? { id } : { requestId: id, reason });
  }

  /**
   * Comes back for what was missed on a stream.
   * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
   */
  resume(lastEventId: string): Exchange {
    this.#trace.sent(`GET, Last-Event-ID …${lastEventId.slice(-6)}`);
    const headers = { ...this.#headers, accept: 'text/event-stream', 'last-event-id': lastEventId };
    return this.#exchange('GET', headers);
  }

  /** Ends the session, and whatever is still open in it. */
  async close(): Promise<void> {
    if (this.#headers['mcp-session-id'] !== undefined) {
      this.#trace.sent('DELETE');
      await within(this.#exchange('DELETE', this.#headers).fate, CLOSE_MS);
    }
    await this.#connections.destroy();
  }

  #post(message: Message): Exchange {
    this.#trace.sent(`POST ${abbreviate(message)}`);
    return this.#exchange('POST', this.#headers, JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  #exchange(method: 'POST' | 'GET' | 'DELETE', headers: Record<string, string>, body?: string): Exchange {
    const options = { method, headers, body: body ?? null, dispatcher: this.#connections };
    return new Exchange(this.#url, options, this.#trace);
  }
}
