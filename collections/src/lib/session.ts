import type { Clock } from './clock.ts';
import { type Exchange, type OutgoingRequest, type Reply, sendExchange } from './exchange.ts';
import { ANSWER_MS, commonHeaders, sessionHeaders } from './handshake.ts';
import { type HangUp, hangUpHeaders } from './hang-up.ts';
import { notification, type RequestId, request, responsesTo } from './jsonrpc.ts';
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
  /** The names of the target's capabilities. */
  offers: string[];
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
  /** Milliseconds that the call should take if nothing ends it. */
  expectedMs: number;
}

/** A call that has not been sent. */
export interface Prepared extends Omit<Call, 'exchange'> {
  message: object;
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
  post(lane: string, body: unknown, headers?: Record<string, string | null>, hangUp?: HangUp): Exchange;
  /** Opens a stream by GET: the session's own, or what a broken one missed since the event `lastEventId`. */
  listen(lane: string, options?: { lastEventId?: string; hangUp?: HangUp | undefined }): Exchange;
  request(
    lane: string,
    method: string,
    params?: unknown,
    id?: RequestId,
  ): { id: RequestId; exchange: Exchange };
  /** Starts a tool without waiting for it. */
  call(lane: string, tool: keyof Settings['tools'], options?: CallOptions): Call;
  /** The request that `call` would send, for a body that holds several. */
  prepare(tool: keyof Settings['tools'], options?: CallOptions): Prepared;
  /** Starts any request as a call; the witness knows it by the key that its params carry. */
  start(lane: string, method: string, params: object, options: CallOptions & { key: string }): Call;
  /** Posts `notifications/cancelled` for exactly this id, with its JSON type. */
  cancel(requestId: unknown, reason?: string, lane?: string): Exchange;
  /** Whether a `ping` is answered. */
  ping(): Promise<boolean>;
  /** The same at the end of a case: a session that is dead is given up, as nobody can be asked for the evidence in it. */
  survived(): Promise<boolean>;
  /** What the witness says of a key; undefined where there is no witness, or it does not know the key yet. */
  witness(key: string): Promise<Witness | undefined>;
  /** Whether an exchange of this session is still open. */
  isBusy(): boolean;
  /**
   * Deletes the session, and waits until what the target still held open has ended with it.
   * @returns the reply to the DELETE; undefined where none was sent, or none came
   */
  end(): Promise<Reply | undefined>;
}

export interface CallOptions {
  id?: RequestId;
  key?: string;
  /** How many steps the call takes; the variable `steps` where it is not given. */
  steps?: number;
  /** The call goes through the hang-up proxy, which drops its connection. */
  hangUp?: HangUp | undefined;
}

let keys = 0;

/** A key that no other case uses, in this run or in another one against the same target. */
export function freshKey(): string {
  keys += 1;
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${keys}`;
}

/** A session that is open already. */
export function resumeSession(script: Script, state: SessionState): Session {
  const { pm, clock, settings, transcript } = script;
  const open: Exchange[] = [];

  function send(
    lane: string,
    method: OutgoingRequest['method'],
    body?: string,
    headers: Record<string, string | null> = {},
    hangUp?: HangUp,
  ): Exchange {
    const named: Record<string, { key: string; value: string | null }> = {};
    const add = (key: string, value: string | null) => {
      named[key.toLowerCase()] = { key, value };
    };
    for (const { key, value } of [...commonHeaders(settings), ...sessionHeaders(state)]) add(key, value);
    for (const [key, value] of Object.entries(headers)) add(key, value);
    if (hangUp) for (const { key, value } of hangUpHeaders(hangUp)) add(key, value);
    const exchange = sendExchange(pm, clock, transcript, lane, {
      method,
      url: hangUp ? settings.hangUpUrl : settings.mcpUrl,
      headers: Object.values(named).filter(
        (header): header is { key: string; value: string } => header.value !== null,
      ),
      ...(body === undefined ? {} : { body }),
    });
    open.push(exchange);
    return exchange;
  }

  const post: Session['post'] = (lane, body, headers, hangUp) =>
    send(lane, 'POST', typeof body === 'string' ? body : JSON.stringify(body), headers, hangUp);

  function takeId(id?: RequestId): RequestId {
    const next = state.nextId;
    state.nextId += 1;
    return id === undefined ? next : id;
  }

  function sendRequest(lane: string, method: string, params?: unknown, chosen?: RequestId) {
    const id = takeId(chosen);
    return { id, exchange: post(lane, request(id, method, params)) };
  }

  function prepareRequest(
    method: string,
    params: object | null,
    key: string,
    options: CallOptions,
  ): Prepared {
    const id = takeId(options.id);
    const message = request(id, method, params ? { ...params, _meta: { progressToken: key } } : undefined);
    return { id, key, expectedMs: (options.steps || settings.steps) * settings.intervalMs, message };
  }

  function prepare(tool: keyof Settings['tools'], options: CallOptions = {}): Prepared {
    const key = options.key || freshKey();
    // Without a quick tool, a ping is the quickest answer that every server has.
    if (tool === 'quick' && !settings.tools.quick) return prepareRequest('ping', null, key, options);
    const params = {
      name: settings.tools[tool],
      arguments: fillArguments(`${tool}Arguments`, settings.arguments[tool], {
        key,
        steps: options.steps || settings.steps,
        intervalMs: settings.intervalMs,
      }),
    };
    return prepareRequest('tools/call', params, key, options);
  }

  function begin(lane: string, { message, ...call }: Prepared, hangUp?: HangUp): Call {
    return { ...call, exchange: post(lane, message, {}, hangUp) };
  }

  const call: Session['call'] = (lane, tool, options = {}) =>
    begin(lane, prepare(tool, options), options.hangUp);

  const session: Session = {
    state,
    post,
    listen(lane, { lastEventId, hangUp } = {}) {
      const resume = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
      const headers = { Accept: 'text/event-stream', 'Content-Type': null, ...resume };
      return send(lane, 'GET', undefined, headers, hangUp);
    },
    request: sendRequest,
    call,
    prepare,
    start: (lane, method, params, options) =>
      begin(lane, prepareRequest(method, params, options.key, options), options.hangUp),
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
    async survived() {
      const alive = await session.ping();
      if (!alive) await session.end();
      return alive;
    },
    async witness(key) {
      if (!settings.tools.state) return undefined;
      const { id, exchange } = call('witness', 'state', { key });
      const reply = await clock.within(exchange.ended, ANSWER_MS);
      return reply ? readWitness(responsesTo(id, reply.messages)[0]?.result) : undefined;
    },
    isBusy: () => open.some((exchange) => exchange.reply === null),
    async end() {
      if (state.ended) return undefined;
      state.ended = true;
      if (!state.id) return undefined;
      const reply = await clock.within(send('end', 'DELETE').ended, ANSWER_MS);
      await clock.within(Promise.all(open.map((exchange) => exchange.ended)), ANSWER_MS);
      return reply;
    },
  };
  return session;
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
