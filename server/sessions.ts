/** Streamable HTTP sessions: open, find, close. One SDK server, one transport and one registry of calls for each. */

import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { Calls } from './calls.ts';
import { admitCancel, createProtocol } from './protocol.ts';
import type { Tools } from './tools/index.ts';

/** The revisions of MCP that are served; the SDK would negotiate two older ones as well. */
export const REVISIONS: readonly string[] = ['2025-03-26', '2025-06-18', '2025-11-25'];
const NEWEST = '2025-11-25';

/** An HTTP request that is refused; the body is a JSON-RPC error. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly id: string | number | null;

  /** @param status of HTTP; @param code of JSON-RPC; @param id of the request, if one can be named */
  constructor(status: number, code: number, message: string, id: string | number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.id = id;
  }
}

export interface Session {
  readonly id: string;
  readonly calls: Calls;
  readonly server: ReturnType<typeof createProtocol>;
  readonly transport: StreamableHTTPServerTransport;
}

export class Sessions {
  readonly #open = new Map<string, Session>();
  readonly #tools: Tools;
  readonly #log: Logger;
  #closed = false;

  constructor(tools: Tools, log: Logger) {
    this.#tools = tools;
    this.#log = log;
  }

  /** How many sessions are open. */
  get size(): number {
    return this.#open.size;
  }

  /** How many calls are in flight, in all sessions. */
  get callsInFlight(): number {
    let calls = 0;
    for (const session of this.#open.values()) calls += session.calls.size;
    return calls;
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
      throw new Refusal(
        400,
        -32000,
        `Unsupported MCP-Protocol-Version ${JSON.stringify(revision)}; served are ${served}`,
      );
    }
    const id = req.get('mcp-session-id');
    if (id === undefined) {
      if (req.method === 'POST' && req.body?.method === 'initialize') return this.#initialize(req, res);
      throw new Refusal(
        400,
        -32000,
        'The Mcp-Session-Id header is missing; POST initialize to open a session',
      );
    }
    const session = this.#open.get(id);
    if (!session)
      throw new Refusal(404, -32001, 'No such session; POST initialize without a session to open one');
    if (req.method === 'POST' && req.body?.method !== undefined && session.calls.has(req.body.id)) {
      // The SDK would give the first call's stream away, and never end it.
      throw new Refusal(
        409,
        ErrorCode.InvalidRequest,
        'A request with this id is in flight in this session',
        req.body.id,
      );
    }
    await session.transport.handleRequest(req, res, admitCancel(req.body));
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
    await Promise.all(
      sessions.map(async (session) => {
        await this.#endCalls(session, reason);
        await session.server.close();
      }),
    );
    const handlers = Promise.all(sessions.map((session) => session.calls.idle()));
    await Promise.race([handlers, setTimeout(graceMs, undefined, { ref: false })]);
  }

  async #initialize(req: Request, res: Response): Promise<void> {
    if (this.#closed) throw new Refusal(503, -32000, 'The server is shutting down');
    const asked = InitializeRequestSchema.safeParse(req.body);
    if (!asked.success) {
      const wrong = asked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
      throw new Refusal(400, ErrorCode.InvalidParams, `Invalid initialize: ${wrong}`, req.body.id ?? null);
    }
    const id = randomUUID();
    // A session id is all that is needed to speak in a session: no log shows a whole one.
    const log = this.#log.child({ session: id.slice(0, 8) });
    const calls = new Calls(({ id, tool, call: outcome, reason, startedAt }) => {
      const line = {
        id,
        tool,
        outcome,
        ...(reason !== null && { reason }),
        duration_ms: Date.now() - startedAt,
      };
      // When the answer is out: no call waits for its own line.
      void setImmediate().then(() => log.info(line, 'call'));
    });
    const elsewhere = (id: string | number) => {
      return [...this.#open.values()].some((other) => other.calls !== calls && other.calls.has(id));
    };
    const server = createProtocol({ tools: this.#tools, calls, log, elsewhere });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessioninitialized: () => {
        this.#open.set(id, session);
        log.info({ client: server.getClientVersion()?.name }, 'session opened');
      },
      // Before the SDK closes a session on DELETE, as afterwards it answers nothing any more.
      onsessionclosed: () => this.#endCalls(session, 'The session was ended by DELETE'),
    });
    const session: Session = { id, calls, server, transport };
    server.onerror = (err) => log.debug({ err }, 'transport');
    server.onclose = () => {
      this.#open.delete(id);
      log.info('session closed');
    };
    // The SDK's own classes disagree under exactOptionalPropertyTypes.
    await server.connect(transport as Transport);

    // The SDK answers a revision it knows with itself: one that we do not serve must not reach it.
    const { params } = req.body;
    const protocolVersion = REVISIONS.includes(params.protocolVersion) ? params.protocolVersion : NEWEST;
    await transport.handleRequest(req, res, { ...req.body, params: { ...params, protocolVersion } });
  }

  /** Cancels a session's calls and lets their answers out. */
  async #endCalls(session: Session, reason: string): Promise<void> {
    this.#open.delete(session.id);
    session.calls.cancelAll(reason);
    // An answer leaves by promises alone; when they are through, it is on its stream, and that stream has ended.
    await setImmediate();
  }
}
