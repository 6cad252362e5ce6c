/**
 * Makes text from a server safe to show: control characters become visible pictures (ESC is ␛), characters that
 * neither XML nor a terminal can take become U+FFFD. Newlines and tabs stay.
 */
export function visible(text: string): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      .replace(/[\x00-\x08\x0b-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
      .replace(/\x7f/g, '\u2421')
      // C1 controls drive terminals, bidirectional overrides reorder what is read, and neither can be seen.
      .replace(/[\x80-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
  );
}

/** `visible`, on one line. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ').trim();
}

/** At most `max` characters, and a sign that there was more. */
export function clip(text: string, max: number): string {
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}

/** The first `most` characters of what was recorded, and how many there were beyond them. */
export function shorten(text: string, most: number): string {
  const [mark = '', cut = '0'] = /… \((\d+) more characters\)$/.exec(text.slice(-50)) ?? [];
  const length = text.length - mark.length;
  return length <= most ? text : `${text.slice(0, most)}… (${length - most + Number(cut)} more characters)`;
}

/** Milliseconds as a person says them. */
export function duration(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1 case`, `2 cases`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/**
 * Breaks text into lines of at most `columns`; `first` opens the first line, and the others hang under the text
 * behind it. A link stays whole, so that it can be copied.
 */
export function wrap(text: string, columns: number, first = ''): string[] {
  const width = Math.max(20, columns - first.length);
  const lines: string[] = [];
  for (const paragraph of visible(text).replace(/\t/g, '  ').split('\n')) {
    let line = '';
    for (const word of paragraph
      .trimEnd()
      .split(' ')
      .flatMap((w) => pieces(w, width))) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.map((line, i) => (i === 0 ? first : ' '.repeat(first.length)) + line);
}

function pieces(word: string, width: number): string[] {
  if (word.length <= width || /^[("']?https?:\/\//.test(word)) return [word];
  const characters = [...word];
  const count = Math.ceil(characters.length / width);
  return Array.from({ length: count }, (_, i) => characters.slice(i * width, (i + 1) * width).join(''));
}
