import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nasty } from '../report/fixture.ts';
import { inBrowser, open, resultsOf } from './testing.ts';

const markup = '<script>alert("1")</script>';

inBrowser('opened from a file, without a network', ({ good, red, hostile }) => {
  it.each([
    ['good', good],
    ['red', red],
  ])('index.html of a %s run says its verdict', async (_name, folder) => {
    const page = await open(join(folder, 'index.html'));
    const { totals } = resultsOf(folder);
    expect(await page.locator('h1').textContent()).toMatch(totals.red > 0 ? /^Red: / : /^Good: /);
    expect(await page.locator('tr.case').count()).toBeGreaterThan(3);
  });

  it.each(['conformance-2025', 'mcp-cancellation'])('htmlextra shows the requests of %s', async (name) => {
    const page = await open(join(red, `${name}.html`));
    await page.getByRole('tab', { name: /^Total Requests/ }).click();
    await page.getByRole('button', { name: 'Expand Folders' }).click();
    const request = page.locator('a[id^="requests-"]', { hasText: 'L-EFF-4 ' }).first();
    await request.click();
    await page.getByText('Request Headers').locator('visible=true').first().waitFor();
    await page.getByRole('tab', { name: /^Failed Tests/ }).click();
    await page.getByText('L-EFF-4').locator('visible=true').first().waitFor();
  });

  it.each(['index.html', 'htmlextra.html'])('%s runs nothing that a target said', async (name) => {
    const page = await open(join(hostile, name));
    const scripts = page.locator('script:not([type="application/json"])', { hasText: 'alert("1")' });
    expect(await scripts.count()).toBe(0);
    expect(await page.locator('body').textContent()).toContain(markup);
    expect(nasty).toContain(markup);
  });
});

inBrowser('without JavaScript', ({ red }) => {
  it('the verdict, the red cases and their checks are readable', async () => {
    const page = await open(join(red, 'index.html'), { javaScriptEnabled: false });
    const results = resultsOf(red);
    expect(await page.locator('h1').textContent()).toMatch(/^Red: /);
    const shown = await page.locator('body').innerText();
    const cases = results.runs.flatMap((run) => run.cases);
    const bare = (text: string) => text.replace(/\s+/g, ' ');
    for (const { id, checks } of cases) {
      expect(shown).toContain(id);
      for (const { title } of checks) expect(bare(shown)).toContain(bare(title));
    }
  });
});
