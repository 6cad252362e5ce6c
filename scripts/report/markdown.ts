import { clip, oneLine } from './text.ts';

/** GitHub cuts a summary off at one megabyte: this many rows, and cells no longer than that, stay far below. */
export const rows = 100;
export const cell = 400;

/** Text that Markdown shows as it is, in a table cell too; `_` and `&` inside a link stay, or the link would break. */
export function markdown(text: string): string {
  return clip(oneLine(text), cell).replace(/[\\`*[\]|~<>]|^#|&(?=#?\w+;)|(?<!\w)_|_(?!\w)/g, '\\$&');
}

/** A link where the address is one of the web, and the title alone where it is not. */
export function link(title: string, address: string): string {
  return /^https?:\/\/[^\s|()<>]+$/.test(address) ? `[${markdown(title)}](${address})` : markdown(title);
}

/**
 * The lines of a table.
 * @param body cells that are Markdown already
 */
export function table(head: string[], body: string[][], align = '---'): string[] {
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => align)), ...body.map(row)];
}
