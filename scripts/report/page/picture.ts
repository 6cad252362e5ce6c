import type { ExchangeResult } from '../../runner/results.ts';
import type { CancelledCall } from '../timeline/cancels.ts';
import {
  type Bar,
  layOut,
  type Mark,
  type Row,
  slowest,
  type Timeline,
  type View,
} from '../timeline/layout.ts';
import { percent, ticks } from '../timeline/scale.ts';
import { el } from './dom.ts';

/** More rows than this are drawn thin, in a box that scrolls. */
const MANY = 30;
/** With more cancels than this, a line for each would be a curtain. */
const GUIDES = 12;
/** Pixels that a reader needs to see how long something took. */
const VISIBLE = 24;

/**
 * The exchanges of a case as a picture on a scale of time.
 * @param story the picture in words
 * @param of the case and its run
 * @param width pixels that there are
 */
export function picture(exchanges: ExchangeResult[], story: string, of: string, width: number): HTMLElement {
  const timeline = layOut(exchanges);
  const many = timeline.rows.length > MANY;
  const drawing = el('div', { class: 'drawing', role: 'img', 'aria-label': story });
  const box = many ? { tabindex: 0, role: 'region', 'aria-label': `Picture of ${of}` } : {};
  const figure = el('figure', { class: many ? 'timeline many' : 'timeline' });
  const show = (view: View, zoom: string) => {
    figure.dataset.from = String(view.from);
    figure.dataset.to = String(view.to);
    drawing.replaceChildren(...draw(timeline, view));
    for (const button of figure.querySelectorAll<HTMLButtonElement>('[data-zoom]'))
      button.setAttribute('aria-pressed', String(button.dataset.zoom === zoom));
  };
  figure.append(
    ...zoomButtons(timeline, show),
    el('div', { class: 'scroll', ...box }, drawing),
    el('figcaption', {}, ...legend()),
  );
  const near = timeline.around && tooSmall(timeline, width);
  if (near && timeline.around) show(timeline.around, 'cancel');
  else show(timeline.whole, 'whole');
  return figure;
}

function tooSmall({ cancelled, whole }: Timeline, width: number): boolean {
  const one = slowest(cancelled);
  return one?.outcome === 'cancel' && ((one.toMs - one.fromMs) / (whole.to - whole.from)) * width < VISIBLE;
}

function zoomButtons(
  { whole, around, cancelled }: Timeline,
  show: (view: View, zoom: string) => void,
): Node[] {
  if (!around) return [];
  const button = (zoom: string, text: string, view: View) => {
    const made = el('button', { type: 'button', 'data-zoom': zoom, 'aria-pressed': 'false' }, text);
    made.addEventListener('click', () => show(view, zoom));
    return made;
  };
  const which = cancelled.length > 1 ? 'around the slowest cancel' : 'around the cancel';
  return [
    el(
      'div',
      { class: 'zoom', role: 'group', 'aria-label': 'What the picture shows' },
      button('whole', 'whole case', whole),
      button('cancel', which, around),
    ),
  ];
}

function draw({ rows, cancelled }: Timeline, view: View): HTMLElement[] {
  const axis = ticks(view);
  const grid = () => axis.map((ms) => at('i', 'grid', ms, view));
  const rowOf = (exchange: number) =>
    rows.findIndex(({ bars }) => bars.some((bar) => bar.exchange === exchange));
  const spans = cancelled.slice(0, GUIDES + 1).map(({ call, cancel, fromMs }) => {
    const between = [rowOf(call), rowOf(cancel)];
    return { fromMs, first: Math.min(...between), last: Math.max(...between) };
  });
  const guides = (index: number) =>
    spans.length > GUIDES
      ? []
      : spans
          .filter(({ first, last }) => first <= index && index <= last)
          .map(({ fromMs }) => at('i', 'guide', fromMs, view));
  return [
    lane(
      'ms',
      'axis',
      el('div', { class: 'plot' }, ...axis.map((ms) => at('span', 'tick', ms, view, String(ms)))),
    ),
    ...rows.flatMap((row, index) => {
      const own = cancelled.filter(({ call }) => row.bars.some(({ exchange }) => exchange === call));
      return [
        lane(row.lane, 'row', plot(row, own, view, [...grid(), ...guides(index)])),
        ...own
          .filter((one) => inside(one.fromMs, one.toMs, view))
          .map((one) => nameOf(one, view, [...grid(), ...guides(index)])),
      ];
    }),
  ];
}

function lane(name: string, kind: string, ...content: HTMLElement[]): HTMLElement {
  return el(
    'div',
    { class: `lane ${kind}` },
    el('span', { class: 'lane-name', title: name }, name),
    ...content,
  );
}

function plot(row: Row, cancelled: CancelledCall[], view: View, behind: HTMLElement[]): HTMLElement {
  const shown = row.bars.filter(({ from, to }) => inside(from, to, view));
  return el(
    'div',
    { class: 'plot' },
    ...behind,
    ...shown.map((bar) => barElement(bar, view)),
    ...cancelled.map((one) => gap(one, view)),
    ...shown.flatMap((bar) => bar.marks.map((mark) => markElement(bar, mark, view))),
    ...(row.bars.length === 1 ? shown.flatMap((bar) => status(bar, view)) : []),
  );
}

function barElement(bar: Bar, view: View): HTMLElement {
  const title = `${bar.label}: ${bar.from} ms – ${bar.to} ms`;
  return stretch(bar.from, bar.to, view, { class: `bar ${bar.role}`, 'data-exchange': bar.exchange, title });
}

function markElement(bar: Bar, { kind, ms, label }: Mark, view: View): HTMLElement {
  const mark = at('i', `mark ${kind} ${bar.role}`, ms, view);
  mark.dataset.exchange = String(bar.exchange);
  mark.dataset.kind = kind;
  mark.dataset.ms = String(ms);
  mark.title = `${ms} ms: ${label}`;
  return mark;
}

/** What the target said to a cancel stands beside it. */
function status(bar: Bar, view: View): HTMLElement[] {
  const response = bar.marks.find(({ kind }) => kind === 'response');
  if (bar.role !== 'cancel' || !response) return [];
  return [at('span', 'said', bar.to, view, response.label.split(' ')[0])];
}

/** From the cancel to the end of the call. */
function gap({ call, fromMs, toMs, outcome, name }: CancelledCall, view: View): HTMLElement {
  const ms = Math.round((toMs - fromMs) * 10) / 10;
  const kind = outcome === 'cancel' ? { class: 'gap latency', 'data-ms': ms } : { class: 'gap still-open' };
  return stretch(fromMs, toMs, view, { ...kind, 'data-exchange': call, title: name });
}

/** Under its row, on the side where there is room for it. */
function nameOf({ fromMs, toMs, name }: CancelledCall, view: View, behind: HTMLElement[]): HTMLElement {
  const from = within(percent(fromMs, view));
  const text = el('span', { class: 'gap-name' }, name);
  if (from > 50) {
    text.style.marginRight = `${100 - within(percent(toMs, view))}%`;
    text.style.textAlign = 'right';
  } else text.style.marginLeft = `${from}%`;
  return lane('', 'naming', el('div', { class: 'under' }, ...behind, text));
}

function within(share: number): number {
  return Math.max(0, Math.min(100, share));
}

function inside(from: number, to: number, view: View): boolean {
  return to >= view.from && from <= view.to;
}

function stretch(from: number, to: number, view: View, attributes: Parameters<typeof el>[1]): HTMLElement {
  const element = el('div', attributes);
  element.style.left = `${percent(from, view)}%`;
  element.style.width = `${percent(to, view) - percent(from, view)}%`;
  return element;
}

function at(tag: 'i' | 'span', kind: string, ms: number, view: View, text = ''): HTMLElement {
  const element = el(tag, { class: kind }, text);
  element.style.left = `${percent(ms, view)}%`;
  return element;
}

function legend(): HTMLElement[] {
  const words: Array<[string, string]> = [
    ['sent', 'sent'],
    ['response', 'response begins'],
    ['frame', 'SSE frame'],
    ['end', 'end'],
  ];
  const marks = words.map(([kind, text]) => el('span', {}, el('i', { class: `key ${kind}` }), ` ${text}`));
  const bars = [
    el('span', {}, el('i', { class: 'key stop' }), ' from the cancel to the end'),
    el('span', {}, el('i', { class: 'key open' }), ' open after the cancel, and ended by something else'),
  ];
  return [...marks, ...bars, el('span', {}, 'in ms since the case began; a click opens the exchange below')];
}
