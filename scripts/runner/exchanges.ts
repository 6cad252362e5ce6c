import { shorten } from '../report/text.ts';
import { type Secrets, spellings } from './mask.ts';
import type { ExchangeResult } from './results.ts';

/** Of a stream with more frames than this, the first and the last half as many are kept. */
const KEPT_FRAMES = 200;
/** Characters that are kept of a body or a frame. */
const KEPT_TEXT = 20_000;
/** Characters of JSON that are kept of all responses of a case; the reference server's longest case has a half. */
const KEPT_OF_CASE = 500_000;
/** Characters that are kept of a body or a frame even then. */
const KEPT_AT_LEAST = 200;
/** What this report calls a session; an id that looks so is a counter, and no secret. */
const NAME = /^session-\d+$/;
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
  /** The place of its case in the run. */
  place: number;
}

/** Keeps the HTTP exchanges of one case after the other, with the times at which Newman's runtime saw them. */
export class ExchangeRecorder {
  readonly #secrets: Pick<Secrets, 'add' | 'mask'>;
  readonly #begun = new Map<string, Begun>();
  #ended: ExchangeResult[] = [];
  #place = 0;

  /** @param secrets told of each session id, as often as it is seen */
  constructor(secrets: Pick<Secrets, 'add' | 'mask'>) {
    this.#secrets = secrets;
  }

  /** A case begins: what is left of an earlier one is none of its exchanges. */
  next(): void {
    this.#place += 1;
    this.#ended = [];
  }

  /** @param id of the HTTP request, the same in all that belongs to it */
  begin(id: string, request: SentRequest): void {
    this.#begun.set(id, { request, beganAt: now(), chunksAt: [], place: this.#place });
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
    for (const id of [requestHeaders, headers].map(sessionOf)) if (!NAME.test(id)) this.#secrets.add(id);
    if (begun.place !== this.#place) return;
    this.#ended.push({
      lane: begun.request.name || 'evidence',
      request: {
        method: sent.method,
        url: sent.url.toString(),
        headers: requestHeaders,
        body: sent.body?.raw ?? null,
      },
      // Over TLS, nothing is sent before the handshake is done.
      sentMs: at(offset?.secureConnect ?? offset?.connect ?? offset?.socket, began),
      response:
        response?.code === undefined
          ? null
          : {
              ms: at(offset?.response, endedMs),
              status: response.code,
              statusText: response.status ?? '',
              headers,
              body: stream ? null : text,
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
    const named = nameSessions(taken.sort((a, b) => a.sentMs - b.sentMs));
    // A secret that was cut would not be known any more.
    return cut(named.map((one) => mapTexts(one, (text) => this.#secrets.mask(text))));
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
    if (lines.length > 0) frames.push({ ms, text: lines.join('\n') });
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

function isSession(header: string | undefined): boolean {
  return header?.toLowerCase() === 'mcp-session-id';
}

function sessionOf(headers: Record<string, string>): string {
  return Object.entries(headers).find(([name]) => isSession(name))?.[1] ?? '';
}

/** Session ids are secrets, yet which session an exchange belongs to is what some cases are about. */
function nameSessions(exchanges: ExchangeResult[]): ExchangeResult[] {
  const names = new Map<string, string>();
  for (const { request, response } of exchanges)
    for (const headers of [request.headers, response?.headers ?? {}]) {
      const id = sessionOf(headers);
      if (id !== '' && !names.has(id)) names.set(id, `session-${names.size + 1}`);
    }
  // A short one is a word like any other, but for where it is the whole header.
  const spelt = new Map(
    [...names].flatMap(([id, name]) =>
      id.length >= 8 ? spellings(id).map((text): [string, string] => [text, name]) : [],
    ),
  );
  // All at once, or one would be found in the name of another; longest first: one may begin with another.
  const longestFirst = [...spelt.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapeRegExp).join('|') || '(?!)', 'g');
  const inText = (text: string) => text.replace(pattern, (id) => spelt.get(id) ?? id);
  return exchanges.map((one) =>
    mapTexts(one, (text, header) => (isSession(header) && names.get(text)) || inText(text)),
  );
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/**
 * An exchange with other texts in place of those that a target or an environment chose.
 * @param map is told the name of the header whose value a text is
 */
export function mapTexts(
  one: ExchangeResult,
  map: (text: string, header?: string) => string,
): ExchangeResult {
  const { request, response, frames, failure } = one;
  const inHeaders = (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [map(name), map(value, name)]));
  return {
    ...one,
    request: {
      ...request,
      url: map(request.url),
      headers: inHeaders(request.headers),
      body: request.body && map(request.body),
    },
    response: response && {
      ...response,
      statusText: map(response.statusText),
      headers: inHeaders(response.headers),
      body: response.body && map(response.body),
    },
    frames: frames.map(({ ms, text }) => ({ ms, text: map(text) })),
    failure: failure && map(failure),
  };
}

/** What is too long to be kept, as in a body of megabytes, or of a hundred streams. */
function cut(exchanges: ExchangeResult[]): ExchangeResult[] {
  let left = KEPT_OF_CASE;
  const most = (text: string) => {
    const kept = shorten(text, Math.min(KEPT_TEXT, Math.max(KEPT_AT_LEAST, left)));
    // A control character is six in JSON.
    left -= JSON.stringify(kept).length;
    return kept;
  };
  const cut = exchanges.map((one): ExchangeResult => {
    const { request, response, frames } = one;
    return {
      ...one,
      // Without it, nobody could say which call an exchange was.
      request: { ...request, body: request.body && shorten(request.body, KEPT_TEXT) },
      response: response && { ...response, body: response.body && most(response.body) },
      frames: frames.map(({ ms, text }) => ({ ms, text: most(text) })),
    };
  });
  // Written and read again: a piece of a string keeps the whole of it in memory.
  return JSON.parse(JSON.stringify(cut));
}
