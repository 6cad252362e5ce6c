/** Streamable HTTP sessions: open, find, expire, close. One SDK server, one transport and one registry of calls for each. */

import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { deliver, isPlainPost, isStream, onceGone, toWebRequest } from './bridge.ts';
import { Calls } from './calls.ts';
import { CancelledExchanges } from './cancelled-exchanges.ts';
import type { Config } from './config.ts';
import { Events } from './events.ts';
import { logEvents } from './log.ts';
import { admitCancel, createProtocol, isPlainCancel, type Protocol } from './protocol.ts';
import { Refusal } from './refusal.ts';
import { Telemetry } from './telemetry.ts';
import type { Offer } from './tools/index.ts';
import type { CallId, SessionEnd } from './tools/tool.ts';

/** The revisions of MCP that are served; the SDK would negotiate two older ones as well. */
const REVISIONS: readonly string[] = ['2025-03-26', '2025-06-18', '2025-11-25'];
const NEWEST = '2025-11-25';
/** The only revision with batches. */
const BATCHES = '2025-03-26';

/** After how long a client whose connection was closed may come back, in milliseconds. */
const RETRY_MS = 500;
/** After how long a client that found all sessions taken may come back, in seconds. */
const RETRY_AFTER = '10';

/** How many characters a request's id may have: those of past calls are kept, by the registry and the witness. */
const MAX_ID = 1000;

const INVALID_REQUEST = ErrorCode.InvalidRequest;

// biome-ignore lint/suspicious/noExplicitAny: whatever a client sent; the SDK looks at all of it before it is used.
type Json = any;

export interface Session {
  readonly id: string;
  readonly revision: string;
  readonly calls: Calls;
  readonly events: Events;
  readonly telemetry: Telemetry;
  readonly cancelled: CancelledExchanges;
  readonly server: Protocol['server'];
  readonly cancel: Protocol['cancel'];
  readonly transport: WebStandardStreamableHTTPServerTransport;
  /** Fires when nothing has happened for as long as a session may be idle. */
  readonly idle: NodeJS.Timeout;
  /** How many HTTP exchanges are open. */
  exchanges: number;
}

export class Sessions {
  readonly #open = new Map<string, Session>();
  readonly #config: Config;
  readonly #offer: Offer;
  readonly #log: Logger;
  readonly #observe: (telemetry: Telemetry) => void;
  #closed = false;

  /** @param observe is given what every session will tell of itself */
  constructor(config: Config, offer: Offer, log: Logger, observe: (telemetry: Telemetry) => void = () => {}) {
    this.#config = config;
    this.#offer = offer;
    this.#log = log;
    this.#observe = observe;
  }

  /** How many sessions are open. */
  get size(): number {
    return this.#open.size;
  }

  /** How many calls are in flight, in all sessions. */
  get callsInFlight(): number {
    return [...this.#open.values()].reduce((sum, { calls }) => sum + calls.size, 0);
  }

  /** What is kept for clients that come back, in all sessions. */
  get kept(): { events: number; bytes: number } {
    const kept = { events: 0, bytes: 0 };
    for (const { events } of this.#open.values()) {
      kept.events += events.size;
      kept.bytes += events.bytes;
    }
    return kept;
  }

  find(id: string): Session | undefined {
    return this.#open.get(id);
  }

  /**
   * Passes a request on to its session. A POST of `initialize` without a session opens one.
   *
   * @throws Refusal 400 without the Mcp-Session-Id header, or with a revision that is not served; 404 if there is
   *   no such session (https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management)
   */
  async handle(req: Request, res: Response): Promise<void> {
    const revision = req.get('mcp-protocol-version');
    if (revision !== undefined && !REVISIONS.includes(revision)) {
      const served = REVISIONS.join(', ');
      const asked = JSON.stringify(revision);
      throw new Refusal(400, -32000, `Unsupported MCP-Protocol-Version ${asked}; served are ${served}`);
    }
    const id = req.get('mcp-session-id');
    if (id === undefined) {
      if (req.method === 'POST' && req.body?.method === 'initialize') return this.#initialize(req, res);
      throw new Refusal(400, -32000, 'No Mcp-Session-Id header; POST initialize to open a session');
    }
    const session = this.#open.get(id);
    if (!session)
      throw new Refusal(404, -32001, 'No such session; POST initialize without a session to open one');
    session.exchanges++;
    session.idle.refresh();
    onceGone(res, () => {
      session.exchanges--;
      session.idle.refresh();
    });
    if (req.method === 'POST') return this.#post(session, req, res, req.body);
    const event = req.get('last-event-id');
    // Asked as the SDK asks, or it would resume what only we know how to end.
    if (req.method === 'GET' && event && req.get('accept')?.includes('text/event-stream'))
      return this.#resume(session, event, req, res);
    await this.#deliver(session, await session.transport.handleRequest(toWebRequest(req)), res);
  }

  /**
   * Ends every session: each call in flight is cancelled and answered, its exchange ended. No new one opens.
   *
   * @param reason that the cancelled calls' clients are told
   * @param graceMs how long to wait for handlers, which may take time to stop and clean up
   */
  async close(reason: string, graceMs: number): Promise<void> {
    this.#closed = true;
    const sessions = [...this.#open.values()];
    await Promise.all(sessions.map((session) => this.#end(session, 'shutdown', reason)));
    const handlers = Promise.all(sessions.map((session) => session.calls.idle()));
    await Promise.race([handlers, sleep(graceMs, undefined, { ref: false })]);
  }

  async #initialize(req: Request, res: Response): Promise<void> {
    // Without an id it would be a notification, which opens a session that nobody is told of.
    if (typeof req.body.id !== 'string' && !Number.isInteger(req.body.id))
      throw new Refusal(400, INVALID_REQUEST, 'The id of initialize must be a string or an integer');
    const asked = InitializeRequestSchema.safeParse(req.body);
    if (!asked.success) {
      const wrong = asked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
      throw new Refusal(400, ErrorCode.InvalidParams, `Invalid initialize: ${wrong}`, req.body.id);
    }
    const { maxSessions } = this.#config;
    if (this.#closed || this.#open.size >= maxSessions) {
      const why = this.#closed ? 'The server is shutting down' : `All ${maxSessions} sessions are taken`;
      throw new Refusal(503, -32000, why, req.body.id, { 'Retry-After': RETRY_AFTER });
    }
    // The SDK answers a revision it knows with itself: one that we do not serve must not reach it.
    const { params } = req.body;
    const protocolVersion = REVISIONS.includes(params.protocolVersion) ? params.protocolVersion : NEWEST;
    const session = await this.#create(protocolVersion);
    try {
      await this.#post(session, req, res, { ...req.body, params: { ...params, protocolVersion } });
    } finally {
      // It was refused, and never opened.
      if (!this.#open.has(session.id)) await session.server.close();
    }
  }

  /** Makes a session; it is open when the SDK has accepted the request. */
  async #create(revision: string): Promise<Session> {
    const { responseMode, cancelReply, sessionIdleSeconds } = this.#config;
    const id = randomUUID();
    // A session id is all that is needed to speak in a session: no log shows a whole one.
    const log = this.#log.child({ session: id.slice(0, 8) });
    const telemetry = new Telemetry();
    telemetry.on('callSettled', () => session.idle.refresh());
    logEvents(telemetry, log);
    this.#observe(telemetry);
    const calls = new Calls(telemetry);
    const cancelled = new CancelledExchanges(telemetry);
    const elsewhere = (id: CallId) => {
      return [...this.#open.values()].some((other) => other.calls !== calls && other.calls.has(id));
    };
    const { server, cancel } = createProtocol({
      offer: this.#offer,
      calls,
      telemetry,
      cancelReply,
      responseMode,
      log,
      elsewhere,
    });
    const events = new Events(this.#config);
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      enableJsonResponse: responseMode === 'json',
      eventStore: events,
      retryInterval: RETRY_MS,
      onsessioninitialized: () => {
        this.#open.set(id, session);
        telemetry.emit('sessionOpened', server.getClientVersion()?.name);
      },
      // Before the SDK closes a session on DELETE, as afterwards it answers nothing any more.
      onsessionclosed: () => this.#endCalls(session, 'deleted', 'The session was ended by DELETE'),
    });
    const idle = setTimeout(() => {
      // Whatever ends later starts the time anew.
      if (session.exchanges > 0 || calls.size > 0) return;
      void this.#end(session, 'expired', `The session expired after ${sessionIdleSeconds} s without use`);
    }, sessionIdleSeconds * 1000).unref();
    const session: Session = {
      id,
      revision,
      calls,
      events,
      telemetry,
      cancelled,
      server,
      cancel,
      transport,
      idle,
      exchanges: 0,
    };
    server.onerror = (err) => log.debug({ err }, 'transport');
    server.onclose = () => {
      clearTimeout(idle);
      this.#open.delete(id);
    };
    // The SDK's own classes disagree under exactOptionalPropertyTypes.
    await server.connect(transport as Transport);
    return session;
  }

  /** @throws Refusal 400 for a batch that the revision does not know, or an id that is too long; 409 for an id in flight, whose stream the SDK would give away and never end */
  async #post(session: Session, req: Request, res: Response, body: Json): Promise<void> {
    if (isPlainCancel(body) && isPlainPost(req)) {
      await session.cancel(body);
      // The call's answer goes first: it leaves by promises alone, which come before the next tick.
      return void process.nextTick(() => res.writeHead(202).end());
    }
    if (Array.isArray(body) && (session.revision !== BATCHES || body.length === 0))
      throw new Refusal(400, INVALID_REQUEST, `A batch needs revision ${BATCHES}, and a message in it`);
    const requests = [body].flat().filter((message) => message?.method !== undefined && message.id != null);
    const ids: CallId[] = requests.map(({ id }) => id);
    if (ids.some((id) => typeof id === 'string' && id.length > MAX_ID))
      throw new Refusal(400, INVALID_REQUEST, `An id may have ${MAX_ID} characters at most`);
    const taken = ids.find((id, index) => session.calls.has(id) || ids.indexOf(id) !== index);
    if (taken !== undefined)
      throw new Refusal(409, INVALID_REQUEST, 'A request with this id is in flight in this session', taken);
    session.events.expect(ids);
    if (ids.length) onceGone(res, session.cancelled.begin(ids));
    const parsedBody = Array.isArray(body) ? body.map(admitCancel) : admitCancel(body);
    const response = await session.transport.handleRequest(toWebRequest(req), { parsedBody });
    if (!isStream(response)) session.events.forget(ids);
    await this.#deliver(session, response, res);
  }

  /** The SDK goes on with a stream that has not ended, but would never end one that has. */
  async #resume(session: Session, event: string, req: Request, res: Response): Promise<void> {
    if ((await session.events.getStreamIdForEventId(event)) === undefined)
      throw new Refusal(400, -32000, 'No such event in this session, or it is too old to be kept');
    const rest = session.events.remainder(event);
    if (rest === undefined)
      return this.#deliver(session, await session.transport.handleRequest(toWebRequest(req)), res);
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-transform' });
    res.end(rest);
  }

  #deliver({ telemetry }: Session, response: globalThis.Response, res: Response): Promise<void> {
    return deliver(response, res, (unreadBytes) => void telemetry.emit('streamDropped', unreadBytes));
  }

  async #end(session: Session, cause: SessionEnd, reason: string): Promise<void> {
    await this.#endCalls(session, cause, reason);
    await session.server.close();
  }

  /** Cancels a session's calls and lets their answers out. */
  async #endCalls(session: Session, cause: SessionEnd, reason: string): Promise<void> {
    const wasOpen = this.#open.delete(session.id);
    session.calls.cancelAll(reason, cause);
    if (wasOpen) session.telemetry.emit('sessionClosed', cause);
    // An answer leaves by promises alone; when they are through, it is on its stream, and that stream has ended.
    await setImmediate();
  }
}
