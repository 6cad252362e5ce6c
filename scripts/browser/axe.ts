import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe-core finds wrong with a page as it stands, one line each. */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  // Not by a script tag: the page's own policy would forbid it.
  await page.evaluate(axe.source);
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const found = await page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
