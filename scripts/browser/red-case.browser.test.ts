import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { casesOf, inBrowser, open, resultsOf } from './testing.ts';

const ID = 'L-EFF-4';

inBrowser('a red case', ({ red }) => {
  const file = join(red, 'index.html');

  it('opens by the link of the red section', async () => {
    const page = await open(file);
    await expectClosed(page);
    await page.locator(`a[href="#${ID}"]`).first().click();
    await expectOpen(page);
    await page.locator(`tr.case#${ID}`).filter({ visible: true }).waitFor();
  });

  it('opens and closes by the keyboard alone', async () => {
    const page = await open(file);
    await tabTo(page, `#${ID} button[aria-expanded]`);
    await page.keyboard.press('Enter');
    await expectOpen(page);
    await page.keyboard.press('Space');
    await expectClosed(page);
  });

  it('opens by its id in the address', async () => {
    await expectOpen(await open(file, { hash: `#${ID}` }));
  });

  it('can be seen though a filter hid it', async () => {
    const page = await open(file);
    await page.locator('#filter select[name=verdict]').selectOption('pass');
    await page.locator(`a[href="#${ID}"]`).first().click();
    await expectOpen(page);
  });

  it('has its checks, its picture and its exchanges, for each run', async () => {
    const page = await open(file, { hash: `#${ID}` });
    await expectOpen(page);
    const cases = casesOf(resultsOf(red), ID);
    expect(cases.length).toBeGreaterThan(2);
    for (const { run, result } of cases) {
      const section = detailOf(page).locator(`section[data-run="${run}"]`);
      await section.locator('figure.timeline').filter({ visible: true }).waitFor();
      const text = (await section.innerText()).replace(/\s+/g, ' ');
      for (const { title, observed } of result.checks) {
        expect(text).toContain(title);
        expect(text).toContain(observed);
      }
      expect(await section.locator('details.exchange[data-exchange]').count()).toBe(result.exchanges.length);
    }
  });

  it('has commands and raw text to copy', async () => {
    const page = await open(file, { hash: `#${ID}` });
    const [first] = casesOf(resultsOf(red), ID);
    const index = first?.result.exchanges.findIndex(({ lane }) => lane === 'cancel') ?? -1;
    const body = first?.result.exchanges[index]?.request.body ?? '';
    expect(body).toContain('notifications/cancelled');
    const section = detailOf(page).locator(`section[data-run="${first?.run}"]`);
    const exchange = section.locator(`details.exchange[data-exchange="${index}"]`);
    await exchange.locator('summary').first().click();
    const copied = async (name: RegExp) => {
      await exchange.getByRole('button', { name }).click();
      return page.evaluate<string>('navigator.clipboard.readText()');
    };
    await expect.poll(() => copied(/curl/i)).toMatch(/^curl [\s\S]*notifications\/cancelled/);
    await expect.poll(() => copied(/request/i)).toContain(body);
    await expect.poll(() => copied(/response/i)).toMatch(/202/);
  });
});

function detailOf(page: Page) {
  return page.locator(`tr.case#${ID} + tr.detail`);
}

async function expectOpen(page: Page): Promise<void> {
  await page.locator(`tr.case#${ID} button[aria-expanded="true"]`).waitFor();
  await detailOf(page).locator('figure.timeline').first().waitFor();
}

async function expectClosed(page: Page): Promise<void> {
  await page.locator(`tr.case#${ID} button[aria-expanded="false"]`).waitFor();
  await detailOf(page).waitFor({ state: 'hidden' });
}

async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
  }
  throw new Error(`200 times Tab do not lead to ${selector}`);
}
