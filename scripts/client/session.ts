import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  type JSONRPCMessage,
  LoggingMessageNotificationSchema,
  type Notification,
  type Progress,
  type Request,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { Agent } from 'undici';
import { suiteVersion } from '../suite-version.ts';
import { type CallEnd, endByError } from './call-end.ts';
import { OPEN_MS, refused, silent, unreachable } from './unreachable.ts';
import { isStream, watchedFetch } from './watch.ts';
import { within } from './within.ts';

/** Longer than any call: after its own timeout the SDK would send a cancel that nobody asked for. */
const NEVER_MS = 2 ** 31 - 1;

/** How long a server may take to end a session, in milliseconds. */
const CLOSE_MS = 2000;

/** Both mean the same to the reference server; the second comes from the Language Server Protocol. */
export type CancelMethod = 'notifications/cancelled' | '$/cancelRequest';

export interface Call {
  /** The id that the SDK gave to the request. */
  id: RequestId;
  end: Promise<CallEnd>;
}

/** What a session tells of itself while it is at work. */
export interface Listener {
  /** The server has answered for the first time. */
  connected?(status: number): void;
  /** A log message; it does not say of which call. */
  log?(level: string, data: unknown): void;
}

export interface Opening extends Listener {
  url: string;
  /** The value of the `Authorization` header. */
  authorization: string | undefined;
  signal?: AbortSignal | undefined;
}

/** One session by the official SDK's client, in which calls can be cancelled and the server's own answer still be seen. */
export class Session {
  readonly #client = new Client<Request, Notification>({
    name: 'mcp-cancellation-suite',
    version: suiteVersion(),
  });
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  readonly #transport: StreamableHTTPClientTransport;
  /** Calls that wait to be told their id; the SDK sends them in the order they are made. */
  readonly #nameless: ((id: RequestId) => void)[] = [];
  readonly #exchanges = new Map<RequestId, (end: CallEnd) => void>();
  readonly #cancelled = new Map<RequestId, number | undefined>();
  /** Whether the server answers requests with streams, as far as it has shown. */
  streams = false;

  private constructor({ url, authorization, connected, log }: Opening) {
    this.#transport = new StreamableHTTPClientTransport(new URL(url), {
      fetch: watchedFetch(this.#agent, {
        head: (message, response) => {
          if (isCancel(message)) this.#cancelled.set(targetOf(message), response.status);
          if (!('method' in message && message.method === 'initialize' && response.ok)) return;
          this.streams = isStream(response);
          connected?.(response.status);
        },
        unanswered: (id, status) => {
          // A server may end a stream before the answer, for the client to come back to it, which the SDK does:
          // https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server
          if (status === 202 || this.#cancelled.has(id))
            this.#exchanges.get(id)?.({ kind: 'closed', status });
        },
        broken: (id, why) => this.#exchanges.get(id)?.({ kind: 'broken', why }),
      }),
      requestInit: { headers: authorization === undefined ? {} : { authorization } },
    });
    const send = this.#transport.send.bind(this.#transport);
    this.#transport.send = (message, options) => {
      if ('method' in message && 'id' in message && message.method === 'tools/call')
        this.#nameless.shift()?.(message.id);
      return send(message, options);
    };
    this.#client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) =>
      log?.(params.level, params.data),
    );
  }

  /**
   * Initializes a session.
   * @throws Failure (3) where nothing answers, or what answers opens none; the signal's reason where it was aborted
   */
  static async open(opening: Opening): Promise<Session> {
    const { url, signal } = opening;
    const session = new Session(opening);
    // Without the SDK's signal and timeout: by both it would cancel `initialize`, by the signal even long after the
    // answer, and that a client MUST NOT: https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#behavior-requirements
    // The SDK's own classes disagree under exactOptionalPropertyTypes.
    const connected = session.#client.connect(session.#transport as Transport, { timeout: NEVER_MS }).then(
      () => session,
      (error: unknown) => {
        const status = error instanceof StreamableHTTPError ? (error.code ?? 0) : 0;
        throw status > 0 ? refused(url, status) : unreachable(url, error);
      },
    );
    try {
      const opened = await within(connected, OPEN_MS, signal);
      signal?.throwIfAborted();
      if (!opened) throw silent(url);
      return opened;
    } catch (error) {
      connected.catch(() => {});
      await session.close();
      throw error;
    }
  }

  /** What `initialize` has agreed on. */
  get agreed() {
    const { name = '', version = '' } = this.#client.getServerVersion() ?? {};
    return { protocolVersion: this.#transport.protocolVersion ?? '', server: { name, version } };
  }

  /** The names of the tools there are. */
  async tools(): Promise<string[]> {
    return (await this.#client.listTools()).tools.map(({ name }) => name);
  }

  /**
   * Starts a call.
   * @returns as soon as the request is on its way, with the id it has; the SDK gives ids from 0 on, and tells none of them
   */
  async start(
    name: string,
    args: Record<string, unknown>,
    onprogress: (progress: Progress) => void = () => {},
  ): Promise<Call> {
    const named = new Promise<RequestId>((resolve) => this.#nameless.push(resolve));
    // Not with a signal of the SDK: a request that its client aborts itself is forgotten, and its answer never seen.
    const answer = this.#client.request(
      { method: 'tools/call', params: { name, arguments: args } },
      CallToolResultSchema,
      { timeout: NEVER_MS, onprogress },
    );
    const answered = answer.then((result): CallEnd => ({ kind: 'result', result }), endByError);
    const id = await named;
    const exchange = new Promise<CallEnd>((resolve) => this.#exchanges.set(id, resolve));
    const end = Promise.race([answered, exchange]).finally(() => this.#exchanges.delete(id));
    return { id, end };
  }

  /** Makes a call and waits for its end. */
  async ask(name: string, args: Record<string, unknown> = {}): Promise<CallEnd> {
    return (await this.start(name, args)).end;
  }

  /**
   * Cancels a call by exactly the id that it has.
   * https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#cancellation-flow
   * @returns the HTTP status that accepted it
   * @throws the SDK's error where it was not accepted
   */
  async cancel(
    { id }: Call,
    reason: string,
    method: CancelMethod = 'notifications/cancelled',
  ): Promise<number | undefined> {
    this.#cancelled.set(id, undefined);
    const params = method === '$/cancelRequest' ? { id } : { requestId: id, reason };
    await this.#client.notification({ method, params });
    return this.#cancelled.get(id);
  }

  /** Ends the session with DELETE, whatever still runs in it, and every connection. */
  async close(): Promise<void> {
    await within(
      this.#transport.terminateSession().catch(() => {}),
      CLOSE_MS,
    );
    await this.#client.close();
    await this.#agent.destroy();
  }
}

function isCancel(message: JSONRPCMessage): message is JSONRPCMessage & { params: Record<string, unknown> } {
  return (
    'method' in message &&
    (message.method === 'notifications/cancelled' || message.method === '$/cancelRequest')
  );
}

function targetOf({ params }: { params: Record<string, unknown> }): RequestId {
  return (params.requestId ?? params.id) as RequestId;
}
