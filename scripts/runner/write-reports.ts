import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { htmlextraReport } from '../report/htmlextra.ts';
import { indexPage, type ReportLinks } from '../report/index-page.ts';
import { junitReport } from '../report/junit.ts';
import type { Results } from './results.ts';
import type { RunOutcome } from './run.ts';

/** Makes the folder, and takes away what an earlier run left: an old report must not pass for a new one. */
export async function clearReports(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const file of await readdir(dir))
    if (/\.(html|xml|log)$|^results\.json$/.test(file)) await rm(join(dir, file));
}

/** Writes `results.json`, `index.html`, and for each collection an htmlextra and a JUnit report. */
export async function writeReports(dir: string, results: Results, outcomes: RunOutcome[]): Promise<void> {
  const links: ReportLinks[] = [];
  for (const collection of new Set(outcomes.map((outcome) => outcome.planned.name))) {
    const own = outcomes.filter((outcome) => outcome.planned.name === collection);
    const link: ReportLinks = { collection, html: '', junit: `${collection}.xml` };
    await writeFile(join(dir, link.junit), junitReport(results, collection));
    const summaries = own.flatMap((outcome) => outcome.summary ?? []);
    if (summaries.length > 0) {
      link.html = `${collection}.html`;
      const title = own[0]?.planned.title ?? collection;
      await writeFile(
        join(dir, link.html),
        htmlextraReport(summaries, { title, browserTitle: `${title}: ${results.target.url}`, logs: true }),
      );
    }
    links.push(link);
  }
  await writeFile(join(dir, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(dir, 'index.html'), indexPage(results, links));
}
