import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { ExchangeResult } from '../runner/results.ts';
import { casesOf, inBrowser, open, resultsOf } from './testing.ts';

interface Box {
  exchange: number;
  kind: string;
  ms: number;
  left: number;
  right: number;
  /** Whether its plot cuts it off where the visible scale ends. */
  clipped: boolean;
}

interface Picture {
  from: number;
  to: number;
  plots: Array<{ left: number; width: number }>;
  bars: Box[];
  marks: Box[];
  latencies: number[];
}

/** Runs in the page. */
const measure = `(figure) => {
  const box = (element) => {
    const { left, right, width } = element.getBoundingClientRect();
    const { exchange, kind = '', ms } = element.dataset;
    const clipped = getComputedStyle(element.closest('.plot')).overflowX !== 'visible';
    return { exchange: Number(exchange), kind, ms: Number(ms), left, right, width, clipped };
  };
  const all = (selector) => [...figure.querySelectorAll(selector)].filter((one) => one.checkVisibility()).map(box);
  return {
    from: Number(figure.dataset.from),
    to: Number(figure.dataset.to),
    plots: all('.plot'),
    bars: all('.bar[data-exchange]'),
    marks: all('.mark[data-exchange]'),
    latencies: all('.latency[data-ms]').map(({ ms }) => ms),
  };
}`;

inBrowser('the picture of a case', ({ good, red }) => {
  it.each([
    ['good', 'L-EFF-4', good, 1200],
    ['good', 'L-EFF-7', good, 500],
    ['red', 'L-EFF-1', red, 500],
    ['red', 'L-EFF-4', red, 1200],
  ])('tells the times of results.json: %s %s', async (_name, id, folder, width) => {
    const page = await open(join(folder, 'index.html'), {
      hash: `#${id}`,
      viewport: { width, height: 900 },
    });
    for (const { run, result } of casesOf(resultsOf(folder), id)) {
      for (const zoom of ['cancel', 'whole']) {
        await page.locator(`${sectionOf(run)} button[data-zoom="${zoom}"]`).click();
        const picture = await pictureOf(page, run);
        expectTrue(picture, result.exchanges);
        if (zoom === 'whole') expectWhole(picture, result.exchanges);
      }
    }
  });

  it('measures from the cancel to the end of the call', async () => {
    const page = await open(join(good, 'index.html'), { hash: '#L-EFF-4' });
    for (const { run, result } of casesOf(resultsOf(good), 'L-EFF-4')) {
      const { latencies, marks } = await pictureOf(page, run);
      const called = (lane: string) => result.exchanges.findIndex((one) => one.lane === lane);
      const [call, cancel] = [called('call'), called('cancel')];
      const at = (exchange: number, kind: string) =>
        marks.find((mark) => mark.exchange === exchange && mark.kind === kind)?.ms ?? Number.NaN;
      expect(latencies).toHaveLength(1);
      expect(latencies[0]).toBeCloseTo(at(call, 'end') - at(cancel, 'sent'), 1);
      const [ended, sent] = [result.exchanges[call]?.endedMs, result.exchanges[cancel]?.sentMs];
      expect(latencies[0]).toBeCloseTo((ended ?? 0) - (sent ?? 0), 1);
    }
  });
});

/** Of the one case that is open. */
function sectionOf(run: string): string {
  return `tr.detail:not([hidden]) section[data-run="${run}"]`;
}

async function pictureOf(page: Page, run: string): Promise<Picture> {
  const selector = `${sectionOf(run)} figure.timeline`;
  await page.locator(selector).waitFor();
  return page.evaluate<Picture>(`(${measure})(document.querySelector(${JSON.stringify(selector)}))`);
}

/** Every bar and mark is where its time is on the scale, within a pixel. */
function expectTrue({ from, to, plots, bars, marks }: Picture, exchanges: ExchangeResult[]): void {
  const [plot] = plots;
  if (!plot) throw new Error('the picture has no plot');
  for (const other of plots) {
    expect(other.left).toBeCloseTo(plot.left, 0);
    expect(other.width).toBeCloseTo(plot.width, 0);
  }
  const x = (ms: number) => plot.left + ((ms - from) / (to - from)) * plot.width;
  const within = (ms: number) => x(Math.min(Math.max(ms, from), to));
  const right = plot.left + plot.width;
  const painted = (edge: number, { clipped }: Box) =>
    clipped ? Math.min(Math.max(edge, plot.left), right) : edge;
  for (const bar of bars) {
    const { sentMs = Number.NaN, endedMs = Number.NaN } = exchanges[bar.exchange] ?? {};
    const [begin, end] = [within(sentMs), within(endedMs)];
    expectNear(painted(bar.left, bar), begin, `bar ${bar.exchange} begins`);
    // One that would be too thin to be seen is wider.
    if (end - begin > 3) expectNear(painted(bar.right, bar), end, `bar ${bar.exchange} ends`);
  }
  for (const mark of marks) {
    const { exchange, kind, ms } = mark;
    const one = exchanges[exchange];
    expect(one && timesOf(one, kind), `${kind} of ${exchange}`).toContain(ms);
    expectNear((mark.left + mark.right) / 2, x(ms), `${kind} of ${exchange} at ${ms} ms`);
  }
}

/** Nothing of the case is missing. */
function expectWhole({ bars, marks }: Picture, exchanges: ExchangeResult[]): void {
  expect(bars.map(({ exchange }) => exchange).sort((a, b) => a - b)).toEqual(exchanges.map((_, i) => i));
  exchanges.forEach((one, i) => {
    for (const kind of ['sent', 'response', 'frame', 'end']) {
      const shown = marks.filter((mark) => mark.exchange === i && mark.kind === kind).map(({ ms }) => ms);
      expect(shown, `${kind} of ${one.lane}`).toEqual(timesOf(one, kind));
    }
  });
}

function timesOf(one: ExchangeResult, kind: string): number[] {
  const { sentMs, response, frames, endedMs } = one;
  const times: Record<string, number[]> = {
    sent: [sentMs],
    response: response ? [response.ms] : [],
    frame: frames.map(({ ms }) => ms),
    end: [endedMs],
  };
  return times[kind] ?? [];
}

function expectNear(actual: number, wanted: number, what: string): void {
  expect(Math.abs(actual - wanted), `${what}: at ${actual} px, not at ${wanted} px`).toBeLessThanOrEqual(1);
}
