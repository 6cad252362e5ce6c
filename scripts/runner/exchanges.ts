import type { ExchangeResult } from './results.ts';

/** Of a stream with more frames than this, the first and the last half as many are kept. */
const KEPT_FRAMES = 200;
/** Characters that are kept of a body or a frame. */
const KEPT_TEXT = 20_000;
/** What Newman adds to a request, and no MCP server looks at. */
const NOISE = /^(user-agent|cache-control|postman-token|accept-encoding|connection|content-length|host)$/i;

// What Newman's triggers carry, as far as it is used here; the published types leave these out.
interface HeaderList {
  members: Array<{ key: string; value: string; system?: boolean; disabled?: boolean }>;
}
export interface SentRequest {
  name?: string;
  method: string;
  url: { toString(): string };
  headers: HeaderList;
  body?: { raw?: string };
}
export interface ReceivedResponse {
  code?: number;
  status?: string;
  headers: HeaderList;
  text(): string;
}
export interface History {
  execution?: { data?: Array<{ timings?: { start: number; offset: Partial<Record<string, number>> } }> };
}

/** An exchange on its way; times are milliseconds since 1970. */
interface Begun {
  request: SentRequest;
  beganAt: number;
  /** When each blank line of a stream arrived. */
  chunksAt: number[];
}

/** Keeps the HTTP exchanges of one case after the other, with the times at which Newman's runtime saw them. */
export class ExchangeRecorder {
  readonly #onSession: (id: string) => void;
  readonly #begun = new Map<string, Begun>();
  #ended: ExchangeResult[] = [];

  /** @param onSession told of each session id, as often as it is seen */
  constructor(onSession: (id: string) => void = () => {}) {
    this.#onSession = onSession;
  }

  /** @param id of the HTTP request, the same in all that belongs to it */
  begin(id: string, request: SentRequest): void {
    this.#begun.set(id, { request, beganAt: now(), chunksAt: [] });
  }

  /** A stream brought a blank line, by which an event ends. */
  chunk(id: string): void {
    this.#begun.get(id)?.chunksAt.push(now());
  }

  end(
    id: string,
    error: { code?: string; message?: string } | null,
    response: ReceivedResponse | undefined,
    request: SentRequest | undefined,
    history: History | undefined,
  ): void {
    const begun = this.#begun.get(id);
    if (!begun) return;
    this.#begun.delete(id);
    const sent = request ?? begun.request;
    const endedMs = now();
    const timings = history?.execution?.data?.at(-1)?.timings;
    // The runtime's own times count from a whole millisecond; it cannot have begun before we were told.
    const began = Math.max(timings?.start ?? 0, begun.beganAt);
    const at = (offset: number | undefined, otherwise: number) =>
      offset === undefined ? otherwise : Math.min(began + offset, endedMs);
    const headers = response ? named(response.headers) : {};
    const text = response && response.code !== undefined ? response.text() : '';
    const stream = /^text\/event-stream/i.test(headerOf(headers, 'content-type'));
    const { offset } = timings ?? {};
    const requestHeaders = named(sent.headers, NOISE);
    for (const id of [requestHeaders, headers].map(sessionOf)) if (id) this.#onSession(id);
    this.#ended.push({
      lane: begun.request.name || 'evidence',
      request: {
        method: sent.method,
        url: sent.url.toString(),
        headers: requestHeaders,
        body: sent.body?.raw === undefined ? null : clip(sent.body.raw),
      },
      sentMs: at(offset?.connect ?? offset?.socket, began),
      response:
        response?.code === undefined
          ? null
          : {
              ms: at(offset?.response, endedMs),
              status: response.code,
              statusText: response.status ?? '',
              headers,
              body: stream ? null : clip(text),
            },
      ...(stream ? framesOf(text, begun.chunksAt, endedMs) : { frames: [], framesLeftOut: 0 }),
      endedMs,
      endedBy: error ? null : endOf(text, sent, headers),
      failure: error ? error.code || error.message || 'no response' : null,
    });
  }

  /** What was recorded since it was last asked for, on the clock of a case: the times count from `began`. */
  take(began: number): ExchangeResult[] {
    const since = (ms: number) => Math.round((ms - began) * 10) / 10;
    const taken = this.#ended.map((one) => ({
      ...one,
      sentMs: since(one.sentMs),
      response: one.response && { ...one.response, ms: since(one.response.ms) },
      frames: one.frames.map(({ ms, text }) => ({ ms: since(ms), text })),
      endedMs: since(one.endedMs),
    }));
    this.#ended = [];
    return numberSessions(taken.sort((a, b) => a.sentMs - b.sentMs));
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** A stream's events and comments; the k-th blank line arrived at the k-th time. */
export function framesOf(
  text: string,
  chunksAt: number[],
  endedMs: number,
): Pick<ExchangeResult, 'frames' | 'framesLeftOut'> {
  const frames: ExchangeResult['frames'] = [];
  let lines: string[] = [];
  let blanks = 0;
  const close = (ms: number) => {
    if (lines.length > 0) frames.push({ ms, text: clip(lines.join('\n')) });
    lines = [];
  };
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)) {
    if (line !== '') lines.push(line);
    else {
      close(chunksAt[blanks] ?? endedMs);
      blanks += 1;
    }
  }
  close(endedMs);
  const left = Math.max(0, frames.length - KEPT_FRAMES);
  if (left > 0) frames.splice(KEPT_FRAMES / 2, left);
  return { frames, framesLeftOut: left };
}

function endOf(
  text: string,
  sent: SentRequest,
  headers: Record<string, string>,
): 'target' | 'proxy' | 'runner' {
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  if (last.startsWith(': hang-up by the runner')) return 'runner';
  // A target may send what looks like the proxy's words.
  const asked = sent.headers.members.some(({ key }) => /^x-hang-up-/i.test(key));
  const hungUp = last.startsWith(': hang-up ') || headerOf(headers, 'x-hang-up') !== '';
  return asked && hungUp ? 'proxy' : 'target';
}

function named({ members }: HeaderList, noise?: RegExp): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { key, value, system, disabled } of members) {
    if (disabled || (system && noise?.test(key))) continue;
    headers[key] = headers[key] === undefined ? String(value) : `${headers[key]}, ${value}`;
  }
  return headers;
}

function headerOf(headers: Record<string, string>, name: string): string {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}

function sessionOf(headers: Record<string, string>): string {
  return headerOf(headers, 'mcp-session-id');
}

/** Session ids are secrets, yet which session an exchange belongs to is what some cases are about. */
function numberSessions(exchanges: ExchangeResult[]): ExchangeResult[] {
  const ids = new Set<string>();
  for (const { request, response } of exchanges)
    for (const headers of [request.headers, response?.headers ?? {}]) {
      const id = sessionOf(headers);
      // A short one is a word like any other.
      if (id.length >= 8) ids.add(id);
    }
  if (ids.size === 0) return exchanges;
  let text = JSON.stringify(exchanges);
  const numbered = [...ids].map((id, i): [string, string] => [
    JSON.stringify(id).slice(1, -1),
    `session-${i + 1}`,
  ]);
  // Longest first: one may begin with another.
  for (const [id, name] of numbered.sort(([a], [b]) => b.length - a.length)) text = text.replaceAll(id, name);
  return JSON.parse(text);
}

function clip(text: string): string {
  const left = text.length - KEPT_TEXT;
  return left > 0 ? `${text.slice(0, KEPT_TEXT)}… (${left} more characters)` : text;
}
