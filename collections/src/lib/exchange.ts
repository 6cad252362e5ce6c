import type { Clock } from './clock.ts';
import { asksForTimes } from './hang-up.ts';
import { brief, clip, type Message } from './jsonrpc.ts';
import type { Pm, SandboxResponse } from './sandbox.ts';
import { parseSse, type SseEvent } from './sse.ts';

/** Of a stream with more frames than this, the transcript shows the first and the last half as many. */
const SHOWN_FRAMES = 200;

/** What came back for one HTTP request. */
export interface Reply {
  /** HTTP status; 0 where no response arrived. */
  status: number;
  contentType: string;
  sessionId: string;
  body: string;
  /** The SSE events of a `text/event-stream` body, in order. */
  events: SseEvent[];
  /** The JSON-RPC messages of the body, whether JSON or SSE. */
  messages: Message[];
  /** Why there is no response: `ECONNREFUSED`, `ECONNRESET` and the like. */
  failure: string | null;
  /** What the hang-up proxy tells where it dropped the target's connection. */
  hungUp: string | null;
}

/** One HTTP request on its way: sent at once, its end still to come. */
export interface Exchange {
  lane: string;
  /** Milliseconds since the case began. */
  sentMs: number;
  endedMs: number | null;
  /** Null as long as the exchange is open: Postman delivers a stream only when it has ended. */
  reply: Reply | null;
  ended: Promise<Reply>;
}

export interface OutgoingRequest {
  method: 'POST' | 'GET' | 'DELETE';
  url: string;
  headers: Array<{ key: string; value: string }>;
  body?: string;
}

/** Reads what a response holds; an SSE body is taken apart, a JSON body parsed, anything else kept as text. */
export function readReply(response: SandboxResponse | undefined, failure: string | null): Reply {
  const header = (name: string) => (response?.headers ? response.headers.get(name) || '' : '');
  const body = (response && response.code !== undefined && response.text()) || '';
  const reply: Reply = {
    status: response?.code || 0,
    contentType: header('content-type'),
    sessionId: header('mcp-session-id'),
    body,
    events: [],
    messages: [],
    failure,
    hungUp: header('x-hang-up') || null,
  };
  if (isStream(reply)) {
    const { events, comments } = parseSse(body);
    reply.events = events;
    reply.hungUp = comments.filter((comment) => /^hang-up /.test(comment))[0] || null;
    reply.messages = reply.events
      .filter((event) => event.data !== '')
      .flatMap((event) => readMessages(event.data));
  } else if (body !== '') {
    reply.messages = readMessages(body);
  }
  return reply;
}

/** Whether a reply came as a stream of events. */
export function isStream({ contentType }: Reply): boolean {
  return /^text\/event-stream/i.test(contentType);
}

/** The JSON-RPC messages of a text: one, several in a batch, none where it is no JSON. */
export function readMessages(text: string): Message[] {
  try {
    const value = JSON.parse(text);
    const list = Array.isArray(value) ? value : [value];
    return list.filter((item) => item !== null && typeof item === 'object');
  } catch {
    return [];
  }
}

/** Sends a request without waiting for it, and writes both of its ends into the transcript. */
export function sendExchange(
  pm: Pm,
  clock: Clock,
  transcript: string[],
  lane: string,
  outgoing: OutgoingRequest,
): Exchange {
  const exchange: Exchange = {
    lane,
    sentMs: clock.now(),
    endedMs: null,
    reply: null,
    ended: Promise.resolve() as unknown as Promise<Reply>,
  };
  note(transcript, exchange.sentMs, '→', lane, describeRequest(outgoing));
  exchange.ended = new Promise((resolve) => {
    pm.sendRequest(
      {
        // Sent nowhere: by it the runner knows the exchange.
        name: lane,
        url: outgoing.url,
        method: outgoing.method,
        header: outgoing.headers,
        ...(outgoing.body === undefined ? {} : { body: { mode: 'raw', raw: outgoing.body } }),
      },
      (error, response) => {
        exchange.endedMs = clock.now();
        const failure = error ? String(error.code || error.message || 'no response') : null;
        exchange.reply = readReply(response, failure);
        // A target may send comments that look like the proxy's.
        if (!asksForTimes(outgoing)) for (const event of exchange.reply.events) delete event.at;
        noteReply(transcript, exchange.endedMs, lane, exchange.reply);
        resolve(exchange.reply);
      },
    );
  });
  return exchange;
}

export function note(transcript: string[], ms: number, mark: string, lane: string, text: string): void {
  transcript.push(`${String(ms).padStart(6)} ms ${mark} ${lane.padEnd(10)} ${text}`);
}

export function noteReply(transcript: string[], ms: number, lane: string, reply: Reply): void {
  const began = Date.now() - ms;
  const { status, events, messages, failure, hungUp } = reply;
  const tell = (event: SseEvent) =>
    readMessages(event.data).map(brief).join(', ') || `no message${event.id ? `, id ${event.id}` : ''}`;
  const noteEvent = (event: SseEvent) =>
    note(transcript, event.at === undefined ? ms : event.at - began, '·', lane, tell(event));
  // A single frame stands on the line of its status, as a JSON body does; several have a line each.
  const frames = events.length > 1 ? events : [];
  const left = frames.length - SHOWN_FRAMES;
  for (const event of frames.slice(0, left > 0 ? SHOWN_FRAMES / 2 : frames.length)) noteEvent(event);
  if (left > 0) {
    note(transcript, ms, '·', lane, `(${left} more frames)`);
    for (const event of frames.slice(-SHOWN_FRAMES / 2)) noteEvent(event);
  }
  if (failure !== null) note(transcript, ms, '✗', lane, failure);
  else if (hungUp !== null) note(transcript, ms, '✗', lane, `${status} the proxy hung up: ${hungUp}`);
  else if (frames.length > 0)
    note(transcript, ms, '←', lane, `${status} end of the stream, ${frames.length} frames`);
  else if (events[0]) note(transcript, ms, '←', lane, `${status} one frame: ${tell(events[0])}`);
  else
    note(
      transcript,
      ms,
      '←',
      lane,
      `${status} ${messages.map(brief).join(', ') || clip(reply.body.trim()) || 'empty body'}`,
    );
}

function describeRequest({ method, body }: OutgoingRequest): string {
  if (body === undefined) return method;
  const messages = readMessages(body);
  return `${method} ${messages.length > 0 ? messages.map(brief).join(', ') : clip(body)}`;
}
