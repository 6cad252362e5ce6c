import { type OutgoingRequest, type Reply, sendExchange } from './exchange.ts';
import { clip, notification, type RequestId, request, responsesTo } from './jsonrpc.ts';
import { resumeSession, type Script, type Session, type SessionState } from './session.ts';
import type { Settings } from './settings.ts';

/** How long, in milliseconds, the suite waits for an answer that comes at once from a target in good health. */
export const ANSWER_MS = 5000;

/** Ids below are for cases that choose their own: an id must not be used twice in a session. */
const FIRST_ID = 10_000;

/** The id that `initialize` is sent with; no case uses it for anything else. */
export const INITIALIZE_ID = 9999;

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

/** @param capabilities what the client says it can do, such as `{ sampling: {} }` */
export function initializeRequest(settings: Settings, id: RequestId, capabilities: object = {}): object {
  return request(id, 'initialize', {
    protocolVersion: settings.protocolVersion,
    capabilities,
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
    | { protocolVersion?: unknown; capabilities?: object; serverInfo?: { name: string; version: string } }
    | undefined;
  if (!result || typeof result.protocolVersion !== 'string')
    throw new Error(`initialize was not answered with a result: ${describeReply(reply)}`);
  return {
    id: reply.sessionId,
    revision: result.protocolVersion,
    offers: Object.keys(result.capabilities || {}),
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
export async function openSession(
  script: Script,
  lane: string,
  { initialized = true, capabilities = {} } = {},
): Promise<Session> {
  const { pm, clock, settings, transcript } = script;
  const exchange = sendExchange(pm, clock, transcript, lane, {
    method: 'POST',
    url: settings.mcpUrl,
    headers: commonHeaders(settings),
    body: JSON.stringify(initializeRequest(settings, INITIALIZE_ID, capabilities)),
  });
  const reply = await clock.within(exchange.ended, ANSWER_MS);
  if (!reply) throw new Error(`initialize got no complete answer within ${ANSWER_MS} ms`);
  const session = resumeSession(script, readInitialized(reply, INITIALIZE_ID));
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
