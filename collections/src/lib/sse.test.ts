import { describe, expect, it } from 'vitest';
import { createSseParser, parseSse } from './sse.ts';

const data = (text: string) => parseSse(text).events.map((event) => event.data);

describe('SSE parser', () => {
  it('reads LF, CRLF and CR line ends alike', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['event: message', 'data: one', '', 'data: two', '', ''].join(end);
      expect(data(text)).toEqual(['one', 'two']);
    }
  });

  it('gives the same events wherever the stream is cut', () => {
    const text = '\uFEFFid: 1\r\ndata: a\r\ndata: b\r\n\r\n: note\r\nevent: x\rdata: c\r\r';
    const whole = parseSse(text);
    expect(whole.events).toEqual([
      { event: 'message', data: 'a\nb', id: '1' },
      { event: 'x', data: 'c' },
    ]);
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = createSseParser();
      parser.feed(text.slice(0, cut));
      parser.feed(text.slice(cut));
      expect(parser.end()).toEqual(whole);
    }
  });

  it('joins several data lines with a line feed and strips one space only', () => {
    expect(data('data: a\ndata:  b\ndata:c\ndata\n\n')).toEqual(['a\n b\nc\n']);
  });

  it('takes the times that the hang-up proxy tells for those of the events before', () => {
    const { events, comments } = parseSse(
      'data: a\n\n: at 17\nid: 1\ndata: b\n\n: at 18\n: at 99\n: at noon\n',
    );
    expect(events).toEqual([
      { event: 'message', data: 'a', at: 17 },
      { event: 'message', data: 'b', id: '1', at: 18 },
    ]);
    expect(comments).toEqual(['at 99', 'at noon']);
  });

  it('keeps comments apart from events', () => {
    const stream = parseSse(': keepalive\n\ndata: a\n\n: hang-up fin; events=3; ms=68\n');
    expect(stream.events).toEqual([{ event: 'message', data: 'a' }]);
    expect(stream.comments).toEqual(['keepalive', 'hang-up fin; events=3; ms=68']);
    expect(stream.truncated).toBe(false);
  });

  it('ignores a byte order mark at the start only', () => {
    expect(data('\uFEFFdata: a\n\n')).toEqual(['a']);
    expect(data('data: a\n\n\uFEFFdata: b\n\n')).toEqual(['a']);
  });

  it('reads ids and retry, and refuses an id with a NUL and a retry that is no number', () => {
    expect(parseSse('id: 7\nretry: 250\ndata:\n\n').events).toEqual([
      { event: 'message', data: '', id: '7', retry: 250 },
    ]);
    expect(parseSse('id: a\0b\nretry: soon\ndata: x\n\n').events).toEqual([{ event: 'message', data: 'x' }]);
  });

  it('does not deliver an event that the end of the stream cut short', () => {
    const stream = parseSse('data: whole\n\ndata: half\n');
    expect(stream.events.map((event) => event.data)).toEqual(['whole']);
    expect(stream.truncated).toBe(true);
  });
});
