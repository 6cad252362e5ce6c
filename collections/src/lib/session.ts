import type { Clock } from './clock.ts';
import { type Exchange, type OutgoingRequest, type Reply, sendExchange } from './exchange.ts';
import { clip, notification, type RequestId, request, responsesTo } from './jsonrpc.ts';
import type { Pm } from './sandbox.ts';
import { fillArguments, type Settings } from './settings.ts';

/** What every part of a running script shares. */
export interface Script {
  pm: Pm;
  clock: Clock;
  settings: Settings;
  transcript: string[];
}

/** A session as it travels from the pre-request script to the test script. */
export interface SessionState {
  /** Empty where the target has no sessions. */
  id: string;
  /** The negotiated revision. */
  revision: string;
  server: { name: string; version: string } | null;
  nextId: number;
  ended: boolean;
}

/** A call on its way. */
export interface Call {
  id: RequestId;
  /** What the witness knows the call by. */
  key: string;
  exchange: Exchange;
}

/** What the witness tells about a key; only `ticks` and `finished` are promised by every witness. */
export interface Witness {
  ticks: number;
  finished: number;
  call?: string;
  handler?: 'running' | 'ended';
  cancelled?: number;
  cleaned_up?: boolean;
  reason?: string | null;
}

export interface Session {
  state: SessionState;
  /** Sends any body with the session's headers; `headers` replace those of the same name, null leaves one out. */
  post(lane: string, body: unknown, headers?: Record<string, string | null>): Exchange;
  request(
    lane: string,
    method: string,
    params?: unknown,
    id?: RequestId,
  ): { id: RequestId; exchange: Exchange };
  /** Starts a tool without waiting for it. */
  call(lane: string, tool: keyof Settings['tools'], options?: CallOptions): Call;
  /** Posts `notifications/cancelled` for exactly this id, with its JSON type. */
  cancel(requestId: unknown, reason?: string, lane?: string): Exchange;
  /** Whether a `ping` is answered. */
  ping(): Promise<boolean>;
  /** What the witness says of a key; undefined where there is no witness, or it does not know the key yet. */
  witness(key: string): Promise<Witness | undefined>;
  /** Whether an exchange of this session is still open. */
  isBusy(): boolean;
  /** Deletes the session; what the target still holds open ends with it. */
  end(): Promise<void>;
}

export interface CallOptions {
  id?: RequestId;
  key?: string;
  /** How many steps the call takes; the variable `steps` where it is not given. */
  steps?: number;
}

/** How long, in milliseconds, the suite waits for an answer that comes at once from a target in good health. */
export const ANSWER_MS = 5000;

/** Ids below are for cases that choose their own: an id must not be used twice in a session. */
const FIRST_ID = 10_000;

let keys = 0;

/** A key that no other case uses, in this run or in another one against the same target. */
export function freshKey(): string {
  keys += 1;
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${keys}`;
}

/** The headers of a request to the target, but for the session's own. */
export function commonHeaders(settings: Settings): OutgoingRequest['headers'] {
  return [
    { key: 'Content-Type', value: 'application/json' },
    { key: 'Accept', value: 'application/json, text/event-stream' },
    ...(settings.authorization ? [{ key: 'Authorization', value: settings.authorization }] : []),
    ...settings.headers,
  ];
}

export function sessionHeaders(state: SessionState): OutgoingRequest['headers'] {
  return [
    ...(state.id ? [{ key: 'Mcp-Session-Id', value: state.id }] : []),
    // Sent in 2025-03-26 as well, which knows no such header: every server may ignore a header it does not know.
    { key: 'MCP-Protocol-Version', value: state.revision },
  ];
}

export function initializeRequest(settings: Settings, id: RequestId): object {
  return request(id, 'initialize', {
    protocolVersion: settings.protocolVersion,
    capabilities: {},
    clientInfo: { name: 'mcp-cancellation-suite', version: '1' },
  });
}

/**
 * Reads the session out of the reply to `initialize`.
 * @throws Error telling what came instead.
 */
export function readInitialized(reply: Reply, id: RequestId): SessionState {
  const answer = responsesTo(id, reply.messages)[0];
  const result = answer?.result as
    | { protocolVersion?: unknown; serverInfo?: { name: string; version: string } }
    | undefined;
  if (!result || typeof result.protocolVersion !== 'string')
    throw new Error(`initialize was not answered with a result: ${describeReply(reply)}`);
  return {
    id: reply.sessionId,
    revision: result.protocolVersion,
    server: result.serverInfo || null,
    nextId: FIRST_ID,
    ended: false,
  };
}

export function describeReply(reply: Reply): string {
  if (reply.failure) return `no response (${reply.failure})`;
  return `HTTP ${reply.status} ${clip(reply.body.trim(), 300) || 'with an empty body'}`;
}

/**
 * Opens a session: `initialize`, and `notifications/initialized` unless told otherwise.
 * @throws Error telling what the target answered instead.
 */
export async function openSession(script: Script, lane: string, initialized = true): Promise<Session> {
  const { pm, clock, settings, transcript } = script;
  const exchange = sendExchange(pm, clock, transcript, lane, {
    method: 'POST',
    url: settings.mcpUrl,
    headers: commonHeaders(settings),
    body: JSON.stringify(initializeRequest(settings, 0)),
  });
  const reply = await clock.within(exchange.ended, ANSWER_MS);
  if (!reply) throw new Error(`initialize got no complete answer within ${ANSWER_MS} ms`);
  const session = resumeSession(script, readInitialized(reply, 0));
  if (initialized) {
    const sent = session.post(lane, notification('notifications/initialized'));
    const accepted = await clock.within(sent.ended, ANSWER_MS);
    if (!accepted || accepted.status >= 300 || accepted.status === 0)
      throw new Error(
        `notifications/initialized was not accepted: ${accepted ? describeReply(accepted) : 'no answer'}`,
      );
  }
  return session;
}

/** A session that is open already. */
export function resumeSession(script: Script, state: SessionState): Session {
  const { pm, clock, settings, transcript } = script;
  const open: Exchange[] = [];

  function send(lane: string, method: 'POST' | 'DELETE', body?: string, headers = {}): Exchange {
    const named: Record<string, { key: string; value: string | null }> = {};
    const add = (key: string, value: string | null) => {
      named[key.toLowerCase()] = { key, value };
    };
    for (const { key, value } of [...commonHeaders(settings), ...sessionHeaders(state)]) add(key, value);
    for (const [key, value] of Object.entries(headers)) add(key, value as string | null);
    const exchange = sendExchange(pm, clock, transcript, lane, {
      method,
      url: settings.mcpUrl,
      headers: Object.values(named).filter(
        (header): header is { key: string; value: string } => header.value !== null,
      ),
      ...(body === undefined ? {} : { body }),
    });
    open.push(exchange);
    return exchange;
  }

  const post: Session['post'] = (lane, body, headers) =>
    send(lane, 'POST', typeof body === 'string' ? body : JSON.stringify(body), headers);

  function sendRequest(lane: string, method: string, params?: unknown, id?: RequestId) {
    const chosen = id === undefined ? state.nextId : id;
    state.nextId += 1;
    return { id: chosen, exchange: post(lane, request(chosen, method, params)) };
  }

  function call(lane: string, tool: keyof Settings['tools'], options: CallOptions = {}): Call {
    const key = options.key || freshKey();
    // Without a quick tool, a ping is the quickest answer that every server has.
    if (tool === 'quick' && !settings.tools.quick)
      return { key, ...sendRequest(lane, 'ping', undefined, options.id) };
    const params = {
      name: settings.tools[tool],
      arguments: fillArguments(`${tool}Arguments`, settings.arguments[tool], {
        key,
        steps: options.steps || settings.steps,
        intervalMs: settings.intervalMs,
      }),
      _meta: { progressToken: key },
    };
    return { key, ...sendRequest(lane, 'tools/call', params, options.id) };
  }

  return {
    state,
    post,
    request: sendRequest,
    call,
    cancel(requestId, reason, lane = 'cancel') {
      const params = reason === undefined ? { requestId } : { requestId, reason };
      return post(lane, notification('notifications/cancelled', params));
    },
    async ping() {
      const { id, exchange } = sendRequest('ping', 'ping');
      const reply = await clock.within(exchange.ended, ANSWER_MS);
      return (
        reply !== undefined && responsesTo(id, reply.messages).some((answer) => answer.result !== undefined)
      );
    },
    async witness(key) {
      if (!settings.tools.state) return undefined;
      const { id, exchange } = call('witness', 'state', { key });
      const reply = await clock.within(exchange.ended, ANSWER_MS);
      return reply ? readWitness(responsesTo(id, reply.messages)[0]?.result) : undefined;
    },
    isBusy: () => open.some((exchange) => exchange.reply === null),
    async end() {
      if (state.ended) return;
      state.ended = true;
      if (!state.id) return;
      await clock.within(send('end', 'DELETE').ended, ANSWER_MS);
      await clock.within(Promise.all(open.map((exchange) => exchange.ended)), ANSWER_MS);
    },
  };
}

/** Reads `{ticks, finished}` from structured content, or from the first text that is JSON. */
export function readWitness(result: Record<string, unknown> | undefined): Witness | undefined {
  if (!result || result.isError) return undefined;
  const told = result.structuredContent || firstJson(result.content);
  return told && typeof (told as Witness).ticks === 'number' && typeof (told as Witness).finished === 'number'
    ? (told as Witness)
    : undefined;
}

function firstJson(content: unknown): unknown {
  if (!Array.isArray(content)) return undefined;
  for (const part of content) {
    try {
      return JSON.parse(part.text);
    } catch {
      // another part may be the one
    }
  }
  return undefined;
}
