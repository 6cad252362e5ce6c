/**
 * Server-Sent Events, as the HTML standard defines the stream.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */

export interface SseEvent {
  /** `message` where the stream names none. */
  event: string;
  data: string;
  /** The id this event itself carried; undefined where it carried none. */
  id?: string;
  /** Reconnection time in milliseconds, where this event set one. */
  retry?: number;
  /** When it arrived, in milliseconds since 1970, where the hang-up proxy told. */
  at?: number;
}

export interface SseStream {
  events: SseEvent[];
  /** Comment lines without their colon: keep-alives, and what a proxy has to tell. */
  comments: string[];
  /** True where the stream stopped in the middle of an event, which is then not delivered. */
  truncated: boolean;
}

/** A parser for one stream: `feed` it chunks cut anywhere, then `end` it. */
export function createSseParser(): { feed(chunk: string): void; end(): SseStream } {
  const stream: SseStream = { events: [], comments: [], truncated: false };
  let rest = '';
  let first = true;
  let data: string[] = [];
  let event = '';
  let id: string | undefined;
  let retry: number | undefined;

  function dispatch(): void {
    // An event without any data line is never delivered, but a bare id or retry is worth keeping: it primes a resumption.
    if (data.length > 0 || id !== undefined || retry !== undefined) {
      const next: SseEvent = { event: event || 'message', data: data.join('\n') };
      if (id !== undefined) next.id = id;
      if (retry !== undefined) next.retry = retry;
      stream.events.push(next);
    }
    data = [];
    event = '';
    id = undefined;
    retry = undefined;
  }

  function line(text: string): void {
    if (text === '') {
      dispatch();
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) {
      const comment = text.slice(1).trim();
      const last = stream.events[stream.events.length - 1];
      // The proxy is the first to tell: what comes later is the target's own.
      if (last && last.at === undefined && /^at \d+$/.test(comment)) last.at = Number(comment.slice(3));
      else stream.comments.push(comment);
      return;
    }
    const field = colon < 0 ? text : text.slice(0, colon);
    let value = colon < 0 ? '' : text.slice(colon + 1);
    if (value.charAt(0) === ' ') value = value.slice(1);
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && value.indexOf('\0') < 0) id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) retry = Number(value);
  }

  function drain(final: boolean): void {
    for (;;) {
      const end = rest.search(/[\r\n]/);
      if (end < 0) return;
      // A CR at the very end may be half of a CRLF whose LF is in the next chunk.
      if (rest.charAt(end) === '\r' && end === rest.length - 1 && !final) return;
      const width = rest.charAt(end) === '\r' && rest.charAt(end + 1) === '\n' ? 2 : 1;
      line(rest.slice(0, end));
      rest = rest.slice(end + width);
    }
  }

  return {
    feed(chunk) {
      if (first && chunk !== '') {
        first = false;
        if (chunk.charCodeAt(0) === 0xfeff) chunk = chunk.slice(1);
      }
      rest += chunk;
      drain(false);
    },
    end() {
      drain(true);
      stream.truncated = rest !== '' || data.length > 0;
      return stream;
    },
  };
}

/** Parses a stream that has arrived whole. */
export function parseSse(text: string): SseStream {
  const parser = createSseParser();
  parser.feed(text);
  return parser.end();
}
