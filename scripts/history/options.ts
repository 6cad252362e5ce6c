import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { parseCommandLine } from '../runner/command-line.ts';
import { usage } from '../runner/failure.ts';
import { ROOT } from '../runner/plan.ts';
import { shownFolder } from '../runner/screen.ts';

/** A file, and what messages call it. */
export interface NamedFile {
  path: string;
  name: string;
}

export interface ReportOptions {
  /** The results of the run that is reported. */
  results: NamedFile;
  /** The folder that `index.html` goes to, and that the page's links point into. */
  reportsDir: string;
  /** The results of the run that it is compared with; undefined where it is compared with none. */
  compare: NamedFile | undefined;
  /** Where the changes go as Markdown; undefined for standard output. */
  markdown: NamedFile | undefined;
  /** Whether what became red turns the exit code. */
  exitCode: boolean;
}

const EXAMPLES = `
Examples:
  npm run report                       write reports/index.html anew
  npm run report -- --compare old-results.json
  npm run report -- --compare main/results.json --markdown - --exit-code

Exit codes: 0 the report was written; 2 wrong usage, or a file that cannot be
used; with --exit-code also 1: something is red that was not red before, or the
run cannot tell.`;

/**
 * Reads the command line of `npm run report`.
 * @returns undefined where it asked for help, which has then been printed
 * @throws Failure (2) for anything that cannot be used
 */
export function parseReportOptions(argv: string[], env: NodeJS.ProcessEnv): ReportOptions | undefined {
  const command = new Command('npm run report --')
    .description('Writes the report of a run anew, and says what changed since another one.')
    .option('--results <file>', "the run's results (default: results.json in the folder)")
    .option('--reports <folder>', "where index.html goes (default: the project's reports/)")
    .option('--compare <file>', 'the results.json of another run: say what changed since')
    .option(
      '--markdown <file>',
      'the changes as Markdown (default: changes.md in the folder; - is standard output)',
    )
    .option('--exit-code', 'end with 1 where something is red that was not red before')
    .addHelpText('after', EXAMPLES);
  if (!parseCommandLine(command, argv)) return undefined;
  const { results, reports, compare, markdown, exitCode } =
    command.opts<Record<string, string | undefined>>();
  for (const [option, value] of Object.entries({
    '--results': results,
    '--reports': reports,
    '--compare': compare,
    '--markdown': markdown,
  }))
    if (value?.trim() === '')
      throw usage(`${option} is empty: name a ${option === '--reports' ? 'folder' : 'file'}`);
  for (const [option, value] of Object.entries({ '--markdown': markdown, '--exit-code': exitCode }))
    if (value !== undefined && compare === undefined)
      throw usage(`${option} is about what changed: name the results of another run with --compare`);
  const here = (name: string): NamedFile => ({ path: resolve(env.INIT_CWD ?? '.', name), name });
  const reportsDir = reports === undefined ? join(ROOT, 'reports') : here(reports).path;
  const inReports = (name: string): NamedFile => ({
    path: join(reportsDir, name),
    name: join(shownFolder({ env }, reportsDir), name),
  });
  return {
    results: results === undefined ? inReports('results.json') : here(results),
    reportsDir,
    compare: compare === undefined ? undefined : here(compare),
    markdown:
      markdown === '-' ? undefined : markdown === undefined ? inReports('changes.md') : here(markdown),
    exitCode: exitCode !== undefined,
  };
}
