import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { CaseResult } from '../runner/results.ts';
import { inBrowser, open, resultsOf } from './testing.ts';

inBrowser('the filter', ({ good, red }) => {
  const results = resultsOf(good);
  const cases = results.runs.flatMap((run) => run.cases);
  const ids = (wanted: (one: CaseResult) => boolean) =>
    [...new Set(cases.filter(wanted).map(({ id }) => id))].sort();
  const all = ids(() => true);

  it('shows the cases of one verdict', async () => {
    const page = await open(join(good, 'index.html'));
    for (const verdict of new Set(cases.map((one) => one.verdict))) {
      await page.locator('#filter select[name=verdict]').selectOption(verdict);
      await shows(
        page,
        ids((one) => one.verdict === verdict),
      );
    }
  });

  it('shows what is red', async () => {
    const page = await open(join(red, 'index.html'));
    await page.locator('#filter select[name=verdict]').selectOption('red');
    await shows(page, ['L-EFF-1', 'L-EFF-4']);
  });

  it('shows the cases with a check of one level', async () => {
    const page = await open(join(good, 'index.html'));
    for (const level of ['MUST', 'SHOULD', 'DERIVED']) {
      await page.locator('#filter select[name=level]').selectOption(level);
      await shows(
        page,
        ids(({ checks }) => checks.some((check) => check.level === level)),
      );
    }
  });

  it('shows the cases of one group, and of what else is asked for', async () => {
    const page = await open(join(good, 'index.html'));
    await page.locator('#filter select[name=group]').selectOption('Ids');
    await shows(page, ['L-ID-2', 'L-ID-3']);
    await page.locator('#filter input[name=text]').fill('l-id-3');
    await shows(page, ['L-ID-3']);
  });

  it('shows the cases that say a text, and all of them again', async () => {
    const page = await open(join(good, 'index.html'));
    const text = page.locator('#filter input[name=text]');
    await text.fill('L-EFF-7');
    expect(await shown(page)).toContain('L-EFF-7');
    await text.fill('what nobody says');
    await shows(page, []);
    await page.locator('#filter button[type=reset]').click();
    await shows(page, all);
    expect(await text.inputValue()).toBe('');
  });

  /** The ids in the page are in the order of the groups. */
  async function shows(page: Page, wanted: string[]): Promise<void> {
    await expect.poll(() => shown(page)).toEqual(wanted);
    const [first = ''] = /\d+/.exec((await page.locator('#shown').textContent()) ?? '') ?? ['0'];
    expect(Number(first)).toBe(wanted.length);
  }
});

async function shown(page: Page): Promise<string[]> {
  const rows = await page.locator('tr.case').filter({ visible: true }).all();
  const ids = await Promise.all(rows.map((row) => row.getAttribute('id')));
  return ids.map(String).sort();
}
