import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { findChromium, launchOptions, NO_CHROMIUM } from './chromium.ts';
import { hostileReports } from './hostile.ts';
import { narrowed, runRed, runReference } from './runs.ts';

/** Where the tests find the browser, and the folders of reports that were made for them. */
export interface Stage {
  browser: string;
  /** Of the reference server. */
  good: string;
  /** Of a server that ignores every cancel. */
  red: string;
  /** Of one that says whatever could break a page. */
  hostile: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    stage: Stage | null;
  }
}

// As few as have several groups, levels and verdicts: what a red target leaves open has to be waited for.
const GOOD = ['L-EFF-1', 'L-EFF-2', 'L-EFF-4', 'L-EFF-7', 'L-ID-2', 'L-ID-3'];
const REVISIONS = ['2025-06-18', '2025-11-25'];
const RED = ['L-EFF-1', 'L-EFF-4', 'L-EFF-8', 'L-ID-2'];

/** One browser, and one set of reports, for all tests. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const executablePath = findChromium();
  if (!executablePath) {
    if (process.env.CI) throw new Error(NO_CHROMIUM);
    console.warn(`The tests in a browser are skipped: ${NO_CHROMIUM}.`);
    project.provide('stage', null);
    return undefined;
  }
  const dir = await mkdtemp(join(tmpdir(), 'mcp-browser-'));
  const folder = async (name: string) => {
    await mkdir(join(dir, name));
    return join(dir, name);
  };
  const good = await folder('good');
  const red = await folder('red');
  const hostile = await folder('hostile');
  await runReference(good, narrowed(GOOD, REVISIONS));
  await runRed(red, narrowed(RED, REVISIONS));
  for (const [name, html] of Object.entries(await hostileReports()))
    await writeFile(join(hostile, name), html);
  const server = await chromium.launchServer(launchOptions(executablePath));
  project.provide('stage', { browser: server.wsEndpoint(), good, red, hostile });
  return async () => {
    await server.close();
    await rm(dir, { recursive: true });
  };
}
