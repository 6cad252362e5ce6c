import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { launchOptions } from './chromium.ts';
import { narrowed, runRed, runReference } from './runs.ts';

/** What a picture may take: they are loaded with the guide, and kept in its history. */
const MOST_BYTES = 150_000;

interface Shot {
  file: string;
  /** Which run it shows. */
  of: 'reference' | 'red';
  width: number;
  height: number;
  colorScheme: 'light' | 'dark';
  /** The case that is open; what is drawn of it ends where the picture ends. */
  open?: string;
}

const shots: Shot[] = [
  { file: 'report.png', of: 'red', width: 920, height: 600, colorScheme: 'light' },
  { file: 'red-case.png', of: 'red', width: 920, height: 640, colorScheme: 'light', open: 'L-EFF-4' },
  { file: 'phone.png', of: 'red', width: 390, height: 720, colorScheme: 'light' },
  { file: 'dark.png', of: 'reference', width: 920, height: 640, colorScheme: 'dark', open: 'L-EFF-4' },
];

/**
 * Runs the suite against the reference server and against a red target, and takes pictures of the reports.
 * @param folder is made where it is missing; pictures of the same names are replaced
 * @throws Error where a picture is too large for the guide
 */
export async function makeScreenshots(
  executablePath: string,
  folder: string,
): Promise<Array<{ file: string; bytes: number }>> {
  const reports = await mkdtemp(join(tmpdir(), 'mcp-screenshots-'));
  const options = launchOptions(executablePath);
  // The colours at the edges of letters are for one kind of screen, and a third of the file.
  const browser = await chromium.launch({
    ...options,
    args: [...(options.args ?? []), '--disable-lcd-text'],
  });
  try {
    await runReference(join(reports, 'reference'), narrowed([], ['2025-06-18', '2025-11-25']));
    await runRed(join(reports, 'red'), narrowed(['L-EFF-*', 'L-ID-*'], ['2025-06-18', '2025-11-25']));
    await mkdir(folder, { recursive: true });
    const made = [];
    for (const shot of shots) {
      const png = await take(browser, shot, join(reports, shot.of, 'index.html'));
      if (png.length > MOST_BYTES)
        throw new Error(`${shot.file} has ${png.length} bytes, more than ${MOST_BYTES}: clip it`);
      await writeFile(join(folder, shot.file), png);
      made.push({ file: join(folder, shot.file), bytes: png.length });
    }
    return made;
  } finally {
    await browser.close();
    await rm(reports, { recursive: true });
  }
}

async function take(browser: Browser, shot: Shot, report: string): Promise<Buffer> {
  const { width, height, colorScheme, open } = shot;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
    offline: true,
  });
  const page = await context.newPage();
  await page.goto(`${pathToFileURL(report)}${open ? `#${open}` : ''}`);
  if (open) await scrollToDrawing(page, open);
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'css' });
  await context.close();
  return png;
}

async function scrollToDrawing(page: Page, id: string): Promise<void> {
  const drawing = `#${id} + tr.detail figure.timeline`;
  await page.locator(drawing).first().waitFor();
  await page.evaluate(
    `scrollBy(0, document.querySelector(${JSON.stringify(drawing)}).getBoundingClientRect().bottom + 12 - innerHeight)`,
  );
}
