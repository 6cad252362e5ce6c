import { visible } from './text.ts';

/** Markup that may be inserted as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Value = string | number | Markup | null | undefined | false | Value[];

/** A template whose values are escaped, so that forgetting to escape is impossible. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(
    strings.reduce((text, part, i) => text + part + (i < values.length ? render(values[i]) : ''), ''),
  );
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  return escapeHtml(String(value));
}

/** Text for an element's content alone, where quotes mean nothing: escaped, they would be a sixth of a transcript. */
export function content(text: string): Markup {
  return new Markup(escapeSpecial(text, /[&<>]/g));
}

/** Text for an element's content or a quoted attribute. */
export function escapeHtml(text: string): string {
  return escapeSpecial(text, /[&<>"']/g);
}

function escapeSpecial(text: string, special: RegExp): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return visible(text).replace(special, (c) => entities[c] ?? c);
}
