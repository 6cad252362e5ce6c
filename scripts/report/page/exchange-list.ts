import type { ExchangeResult } from '../../runner/results.ts';
import { curl } from '../timeline/curl.ts';
import { endName, frameCount, streamed } from '../timeline/layout.ts';
import { requestName } from '../timeline/messages.ts';
import { rawRequest, rawResponse } from '../timeline/raw.ts';
import { copyButton } from './copy.ts';
import { el } from './dom.ts';

/** So many are a list that is looked through, and not one that is read. */
const MANY = 40;

/** The exchanges of a case, each of which opens to what went over the wire. */
export function exchangeList(exchanges: ExchangeResult[], of: string, target: string): HTMLElement {
  const many = exchanges.length > MANY;
  const box = many ? { tabindex: 0, role: 'region', 'aria-label': `Exchanges of ${of}` } : {};
  return el(
    'div',
    { class: many ? 'exchanges many' : 'exchanges', ...box },
    ...exchanges.map((one, index) => exchangeItem(one, index, target)),
  );
}

/** Opens an exchange, and brings the reader to it. */
export function showExchange(section: Element, index: string): void {
  const item = section.querySelector(`details.exchange[data-exchange="${index}"]`);
  if (!(item instanceof HTMLDetailsElement)) return;
  item.open = true;
  item.querySelector('summary')?.focus({ preventScroll: true });
  item.scrollIntoView({ block: 'nearest' });
}

function exchangeItem(one: ExchangeResult, index: number, target: string): HTMLDetailsElement {
  const { response } = one;
  const answer = response
    ? [String(response.status), ...(streamed(one) ? [frameCount(one)] : [])].join(', ')
    : 'no response';
  const item = el(
    'details',
    { class: 'exchange', 'data-exchange': index },
    el(
      'summary',
      {},
      el('span', { class: 'lane-name' }, one.lane),
      ' ',
      el('span', { class: 'what' }, requestName(one.request)),
      ' ',
      el('span', { class: 'when' }, `${one.sentMs} ms – ${one.endedMs} ms`),
      ' ',
      el('span', { class: 'answer' }, answer, one.endedBy === 'target' ? '' : ` · ${endName(one)}`),
    ),
  );
  // Made when it is opened: a case can have hundreds.
  item.addEventListener('toggle', () => item.append(...wire(one, target)), { once: true });
  return item;
}

function wire(one: ExchangeResult, target: string): HTMLElement[] {
  const { command, notes } = curl(one, target);
  return [
    block(one, 'Request', 'the request', rawRequest(one), [`Sent at ${one.sentMs} ms.`]),
    block(one, 'Response', 'the response', rawResponse(one), [
      [one.response && `First byte at ${one.response.ms} ms; `, `${endName(one)} at ${one.endedMs} ms.`].join(
        '',
      ),
    ]),
    block(one, 'As curl', 'the curl command', command, notes),
  ];
}

function block(one: ExchangeResult, title: string, what: string, text: string, notes: string[]): HTMLElement {
  return el(
    'div',
    { class: 'wire' },
    el('h4', {}, title, ' ', copyButton(what, text)),
    // A box that scrolls must be reachable with the keyboard, and then it needs a name.
    el(
      'pre',
      { tabindex: 0, role: 'region', 'aria-label': `${title}: ${one.lane}, ${requestName(one.request)}` },
      text,
    ),
    ...notes.map((note) => el('p', { class: 'quiet' }, note)),
  );
}
