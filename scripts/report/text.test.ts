import { describe, expect, it } from 'vitest';
import { content, html } from './html.ts';
import { clip, duration, oneLine, shorten, visible, wrap } from './text.ts';

describe('visible', () => {
  it('shows controls, and replaces what cannot be shown', () => {
    expect(visible('a\u001b[1mb\u0000\u007f\u009b\u202e\ud800\uffffc')).toBe(
      'a␛[1mb␀␡\ufffd\ufffd\ufffd\ufffdc',
    );
  });

  it('keeps lines, tabs and pairs of surrogates', () => {
    expect(visible('a\r\nb\tc 😀 ünï')).toBe('a\nb\tc 😀 ünï');
    expect(oneLine(' a\r\n  b\tc ')).toBe('a b c');
  });
});

describe('wrap', () => {
  it('hangs the following lines under the text', () => {
    expect(wrap('one two three four five six', 28, '  seen  ')).toEqual([
      '  seen  one two three four',
      '        five six',
    ]);
  });

  it('keeps a link whole and breaks any other long word', () => {
    const link = `https://example.test/${'x'.repeat(60)}`;
    expect(wrap(`see ${link}`, 40)).toEqual(['see', link]);
    expect(wrap('y'.repeat(90), 40)).toEqual(['y'.repeat(40), 'y'.repeat(40), 'y'.repeat(10)]);
  });
});

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [3.14, '3.1 ms'],
    [850.2, '850 ms'],
    [9432, '9.4 s'],
    [59_990, '1 min 0 s'],
    [125_000, '2 min 5 s'],
  ])('%d is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe('clip', () => {
  it('never cuts a pair of surrogates', () => {
    expect(clip('😀😀😀', 2)).toBe('😀…');
    expect(clip('😀😀', 2)).toBe('😀😀');
  });
});

describe('shorten', () => {
  it('says how much there was, though it was cut before', () => {
    expect(shorten('abcdef', 6)).toBe('abcdef');
    expect(shorten('abcdef', 4)).toBe('abcd… (2 more characters)');
    expect(shorten(shorten('abcdef', 4), 3)).toBe('abc… (3 more characters)');
    expect(shorten(shorten('abcdef', 4), 4)).toBe('abcd… (2 more characters)');
  });
});

describe('html', () => {
  it('escapes values, and nothing twice', () => {
    const inner = html`<b>${'<&"\''}</b>`;
    expect(html`<p title="${'"'}">${inner}${[inner, null, false]}${7}</p>`.text).toBe(
      '<p title="&quot;"><b>&lt;&amp;&quot;&#39;</b><b>&lt;&amp;&quot;&#39;</b>7</p>',
    );
    expect(html`<pre>${content('<&>"\'')}</pre>`.text).toBe('<pre>&lt;&amp;&gt;"\'</pre>');
  });
});
