import { visible } from '../text.ts';

/**
 * An element with its attributes and children. Strings become text and never markup: most of what is shown here was
 * said by a target.
 */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | number | boolean | undefined> = {},
  ...children: Array<Node | string>
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : visible(String(value)));
  element.append(...children.map((child) => (typeof child === 'string' ? visible(child) : child)));
  return element;
}

/** @throws where the page is not as the report made it */
export function find<T extends Element>(
  selector: string,
  kind: new () => T,
  within: ParentNode = document,
): T {
  const found = within.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${selector}.`);
  return found;
}

/** Tells a screen reader what has just happened. */
export function say(text: string): void {
  const said = find('#said', HTMLElement);
  said.textContent = '';
  // The same words again are no change, and would not be read.
  setTimeout(() => {
    said.textContent = text;
  }, 50);
}
