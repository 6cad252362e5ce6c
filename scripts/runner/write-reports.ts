import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { htmlextraReport } from '../report/htmlextra.ts';
import { indexPage, type ReportLinks } from '../report/index-page.ts';
import { junitReport } from '../report/junit.ts';
import { usage } from './failure.ts';
import type { MergedOutcome } from './merge.ts';
import { items } from './plan.ts';
import type { Results } from './results.ts';

/**
 * Makes the folder, and takes away what an earlier run left: an old report must not pass for a new one.
 * @param collections the names of all collections there are; nothing else in the folder is touched
 * @throws Failure (2) where the folder cannot be written to
 */
export async function clearReports(dir: string, collections: string[]): Promise<void> {
  const own = [
    'results.json',
    'index.html',
    'changes.md',
    ...collections.flatMap((name) => [`${name}.html`, `${name}.xml`]),
  ];
  await makeReportsFolder(dir);
  await written(dir, async () => {
    for (const file of own) await rm(join(dir, file), { force: true });
  });
}

/** @throws Failure (2) where the folder cannot be written to */
export async function makeReportsFolder(dir: string): Promise<void> {
  await written(dir, async () => {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK);
  });
}

/**
 * Empties a log in the folder: an old one must not pass for a new one.
 * @throws Failure (2) where it cannot be written
 */
export async function emptyLog(file: string): Promise<void> {
  await written(dirname(file), () => writeFile(file, ''));
}

async function written(dir: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw usage(`the reports cannot be written to ${dir}: ${(error as Error).message}`);
  }
}

/**
 * Writes `results.json`, `index.html`, and for each collection an htmlextra and a JUnit report.
 * @throws Failure (2) where they cannot be written
 */
export async function writeReports(dir: string, results: Results, outcomes: MergedOutcome[]): Promise<void> {
  await written(dir, () => writeAll(dir, results, outcomes));
}

async function writeAll(dir: string, results: Results, outcomes: MergedOutcome[]): Promise<void> {
  const links: ReportLinks[] = [];
  for (const collection of new Set(outcomes.map((outcome) => outcome.planned.name))) {
    const own = outcomes.filter((outcome) => outcome.planned.name === collection);
    const planned = own[0]?.planned;
    const link: ReportLinks = { collection, html: '', junit: `${collection}.xml` };
    await writeFile(join(dir, link.junit), junitReport(results, collection));
    const summaries = own.flatMap((outcome) => outcome.summaries);
    if (summaries.length > 0) {
      link.html = `${collection}.html`;
      const title = planned?.title ?? collection;
      const order = planned ? items(planned.collection).map(({ name }) => name) : [];
      const browserTitle = `${title}: ${results.target.url}`;
      await writeFile(
        join(dir, link.html),
        htmlextraReport(summaries, { title, browserTitle, order, logs: true }),
      );
    }
    links.push(link);
  }
  await writeFile(join(dir, 'results.json'), resultsJson(results));
  await writeFile(join(dir, 'index.html'), indexPage(results, links));
}

/** Indented, but for the exchanges: a line each, or they would be four fifths of indentation. */
function resultsJson(results: Results): string {
  const exchanges: string[] = [];
  const number = (one: unknown) => exchanges.push(JSON.stringify(one)) - 1;
  const json = JSON.stringify(results, (key, value) => (key === 'exchanges' ? value.map(number) : value), 2);
  const inserted = json.replace(/^ +"exchanges": \[[\d,\s]+\]/gm, (numbers) =>
    numbers.replace(/\d+/g, (index) => exchanges[Number(index)] ?? index),
  );
  return `${inserted}\n`;
}
