import { Remarkable } from 'remarkable';
import { escapeHtml, Markup } from './html.ts';
import { visible } from './text.ts';

const parser = new Remarkable('commonmark', { html: false });
Object.assign(parser.inline, { validateLink: (address: string) => address.startsWith('https://') });
// A page that loads nothing has no use for an image.
parser.renderer.rules.image = (tokens, index) => escapeHtml(tokens[index]?.alt ?? '');

/** Markdown as HTML: no tags of its own, no images, and no links but to the web. */
export function prose(text: string): Markup {
  return new Markup(parser.render(visible(text)).trim());
}
