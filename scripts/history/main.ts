import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { indexPage, type ReportLinks } from '../report/index-page.ts';
import { collectionsOf } from '../report/places.ts';
import { wrap } from '../report/text.ts';
import { runCommand } from '../runner/command-line.ts';
import { usage } from '../runner/failure.ts';
import type { Results } from '../runner/results.ts';
import { type Io, inert, shownFolder } from '../runner/screen.ts';
import { compare } from './compare.ts';
import { changesMarkdown } from './markdown.ts';
import { type NamedFile, parseReportOptions, type ReportOptions } from './options.ts';
import { readResults } from './read.ts';
import { changesSection } from './section.ts';
import { changesSentence, differences, since } from './words.ts';

/**
 * The whole of `npm run report`: writes the page of a run anew, and what changed since another one.
 * @param argv the command line behind the program's name
 * @returns the exit code: 0 where the report was written; 2 for wrong usage, or a file that cannot be used; with
 * `--exit-code` 1 where something is red that was not red before
 */
export function main(argv: string[], io: Io): Promise<number> {
  return runCommand(io, async () => {
    const options = parseReportOptions(argv, io.env);
    return options ? report(options, io) : 0;
  });
}

async function report(options: ReportOptions, io: Io): Promise<number> {
  const { reportsDir, markdown } = options;
  const { path, name } = options.results;
  const results = await readResults(path, name, 'run npm run newman first, or name a file with --results');
  const other = options.compare;
  const changes =
    other && compare(await readResults(other.path, other.name, 'name one with --compare'), results);
  const page = indexPage(results, linksIn(reportsDir, results), changes && changesSection(changes));
  await write(
    { path: join(reportsDir, 'index.html'), name: join(shownFolder(io, reportsDir), 'index.html') },
    page,
  );
  // Whoever asks for Markdown on standard output pipes it: nothing else may stand there.
  const screen = changes && !markdown ? io.err : io.out;
  const say = (text: string, first = '') => {
    for (const line of wrap(text, io.out.columns || 80, first)) screen.write(`${inert(io, line)}\n`);
  };
  if (changes) {
    if (markdown) await write(markdown, changesMarkdown(changes));
    else io.out.write(inert(io, changesMarkdown(changes)));
    say(`Since ${since(changes)}: ${changesSentence(changes)}`);
    for (const line of differences(changes)) say(line, '  - ');
    if (markdown) say(`Changes: ${markdown.name}`);
  }
  say(`Report: ${join(shownFolder(io, reportsDir), 'index.html')}`);
  return options.exitCode && changes?.worse ? 1 : 0;
}

/** Those of the other reports that are there. */
function linksIn(folder: string, { runs }: Results): ReportLinks[] {
  const there = (file: string) => (existsSync(join(folder, file)) ? file : '');
  return collectionsOf(runs)
    .filter((collection) => /^[\w.-]+$/.test(collection))
    .map((collection) => ({
      collection,
      html: there(`${collection}.html`),
      junit: there(`${collection}.xml`),
    }))
    .filter(({ html, junit }) => html !== '' || junit !== '');
}

async function write({ path, name }: NamedFile, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw usage(
      `${name} cannot be written (${(error as NodeJS.ErrnoException).code}); name a place that can`,
    );
  }
}
