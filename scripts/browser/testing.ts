import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished } from 'vitest';
import type { CaseResult, Results } from '../runner/results.ts';
import type { Stage } from './setup.ts';

/** A suite of tests in the browser; skipped where there is none. */
export function inBrowser(name: string, tests: (stage: Stage) => void): void {
  const stage = inject('stage');
  describe.skipIf(!stage)(name, () => {
    if (!stage) return;
    beforeAll(async () => {
      browser = await chromium.connect(stage.browser);
    });
    afterAll(() => browser.close());
    tests(stage);
  });
}

let browser: Browser;

/**
 * Opens a report as a file, in a browser without a network. When the test is done, it fails if the page asked for
 * anything else, complained on the console, threw, or opened a dialog.
 */
export async function open(
  file: string,
  options: BrowserContextOptions & { hash?: string } = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 900 },
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  const trouble: string[] = [];
  onTestFinished(async () => {
    await context.close();
    expect(trouble).toEqual([]);
  });
  await context.setOffline(true);
  await context.route(
    ({ protocol }) => protocol !== 'file:' && protocol !== 'data:',
    (route) => {
      trouble.push(`asked for ${route.request().url()}`);
      return route.abort();
    },
  );
  // A page that is a file needs no longer, and a test says sooner what is missing.
  context.setDefaultTimeout(5000);
  const page = await context.newPage();
  page.on('pageerror', (error) => trouble.push(`threw ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) trouble.push(`said ${message.text()}`);
  });
  page.on('dialog', async (dialog) => {
    trouble.push(`opened a dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.goto(`${pathToFileURL(file)}${options.hash ?? ''}`);
  return page;
}

/** What `index.html` of the same folder shows. */
export function resultsOf(folder: string): Results {
  return JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
}

/** A case in each run that had it. */
export function casesOf(results: Results, id: string): Array<{ run: string; result: CaseResult }> {
  return results.runs.flatMap(({ collection, revision, cases }) =>
    cases.filter((one) => one.id === id).map((result) => ({ run: `${collection} ${revision}`, result })),
  );
}
