import { join } from 'node:path';
import { expect, it } from 'vitest';
import { violations } from './axe.ts';
import { inBrowser, open } from './testing.ts';

const themes = ['light', 'dark'] as const;

inBrowser('accessibility', ({ red }) => {
  const file = join(red, 'index.html');

  it.each(themes.flatMap((colorScheme) => [1200, 400].map((width) => ({ colorScheme, width }))))(
    'index.html has no violation in the $colorScheme, $width px wide',
    async ({ colorScheme, width }) => {
      const page = await open(file, { colorScheme, viewport: { width, height: 800 } });
      const fits = async () =>
        expect(
          await page.evaluate<number>('document.documentElement.scrollWidth'),
          'the page scrolls sideways',
        ).toBeLessThanOrEqual(width);
      expect(await violations(page)).toEqual([]);
      await fits();
      await page.locator('#L-EFF-4 button[aria-expanded]').click();
      const detail = page.locator('#L-EFF-4 + tr.detail');
      await detail.locator('figure.timeline').first().waitFor();
      await detail.locator('details.exchange > summary').first().click();
      expect(await violations(page)).toEqual([]);
      await fits();
    },
  );

  it.each(themes)('htmlextra has enough contrast in the %s', async (colorScheme) => {
    const page = await open(join(red, 'mcp-cancellation.html'), { colorScheme });
    const contrast = () => violations(page, ['color-contrast']);
    expect(await page.locator('body').getAttribute('class')).toBe(`theme-${colorScheme}`);
    expect(await contrast()).toEqual([]);
    await page.getByRole('tab', { name: /^Total Requests/ }).click();
    await page.getByRole('button', { name: 'Expand Folders' }).click();
    await page.locator('a[id^="requests-"]', { hasText: 'L-EFF-4 ' }).first().click();
    await page.getByText('Request Headers').filter({ visible: true }).first().waitFor();
    expect(await contrast()).toEqual([]);
    for (const tab of [/^Failed Tests/, /^Skipped Tests/]) {
      await page.getByRole('tab', { name: tab }).click();
      await page.locator('.tab-pane.show.active .alert').first().waitFor();
      expect(await contrast()).toEqual([]);
    }
  });
});
