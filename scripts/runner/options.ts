import { join, relative, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Strict } from '../../collections/src/lib/record.ts';
import type { Config } from '../../server/config.ts';
import { fillPort } from '../start/port.ts';
import { collect, parseCommandLine } from './command-line.ts';
import { usage } from './failure.ts';
import { ROOT } from './plan.ts';
import type { Again } from './results.ts';

/** A day: with more than 24 of them, a timer of Node would be over at once. */
const LONGEST_S = 86_400;

const REPORTS = join(ROOT, 'reports');

/** A command that stands for one target. */
export interface Preset {
  /** The name of its npm script. */
  script: string;
  /** What it stands for; options that are given to it come later, and so count for more. */
  options: string[];
  /** The tools that the reference server is to offer, where it is not those that `newman` tests. */
  tools?: Tools;
}

export type Tools = Config['tools'];

const NEWMAN: Preset = { script: 'newman', options: [] };

export interface Options {
  /** What the reference server offers, where it is the target: only collections that are for these tools are run. */
  tools: Tools;
  /** The target; undefined where the reference server is to be started. May hold `{port}`, as the next two. */
  url: string | undefined;
  /** The command that starts the target. */
  start: string | undefined;
  /** What has to answer before the run; undefined for the target itself, where `start` is given. */
  waitFor: string | undefined;
  /** A file, or the name of one in `environments/`. */
  environment: string | undefined;
  collections: string[];
  folders: string[];
  /** Case ids; `*` stands for anything. */
  cases: string[];
  /** Asked for with `--revision`, or as the variable `protocolVersion`; none where the collections say which. */
  revisions: string[];
  list: boolean;
  dryRun: boolean;
  /** The value of the `Authorization` header, given where no command line shows it. */
  authorization: string | undefined;
  /** Variables that replace those of the environment; but for `protocolVersion`, which stands in `revisions`. */
  variables: Record<string, string>;
  strict: Strict | undefined;
  /** Milliseconds that the whole run may take. */
  timeoutMs: number;
  /** The folder that the reports are written to. */
  reportsDir: string;
  /** The file of the known failures, as it was given. */
  knownFailures: string | undefined;
  updateKnownFailures: boolean;
  /** How a case is run again. */
  again: Again;
}

/**
 * The options that say which target is tested and how, as they can be shown: without secrets. The known failures are
 * none of them: a case that is run again alone should show what it is.
 */
function targetOptions({ url, start, waitFor, environment, variables, strict }: Given): string[] {
  const secret = (name: string) => name === 'authorization' || name === 'headers';
  return [
    ...(start ? ['--start', start] : []),
    ...(waitFor ? ['--wait-for', waitFor] : []),
    ...(url ? ['--url', url] : []),
    ...(environment ? ['--environment', environment] : []),
    ...Object.entries(variables).flatMap(([name, value]) => [
      '--env-var',
      `${name}=${secret(name) ? '…' : value}`,
    ]),
    ...(strict ? ['--strict', strict] : []),
  ];
}

/** Of `npm run newman`; the commands that stand for one target take what makes sense with theirs. */
const EXAMPLES = `
Examples:
  npm run newman                       the reference server, all collections
  npm run newman -- --case 'L-RACE-*'  some cases
  npm run newman -- --revision 2025-06-18
  npm run newman -- --url http://127.0.0.1:3000/mcp --env-var slowTool=my_job \\
    --env-var 'slowArguments={"duration": "$seconds"}'
  npm run newman -- --start "node server.js" --url http://127.0.0.1:{port}/mcp \\
    --env-var slowTool=my_job --env-var 'slowArguments={"duration": "$seconds"}'

MCP_URL stands for --url, MCP_AUTHORIZATION for --env-var authorization=…, which
anyone on the machine could read.`;

const EXIT_CODES = `
Exit codes: 0 good; 1 red; 2 wrong usage or configuration;
3 nothing could be established.`;

/**
 * Reads the command line; `MCP_URL` and `MCP_AUTHORIZATION` in the environment stand for what it should not show.
 * @returns undefined where the command line asked for help, which has then been printed
 * @throws Failure (2) for anything that cannot be used
 */
export function parseOptions(
  argv: string[],
  env: NodeJS.ProcessEnv,
  { script, options, tools = 'reference' }: Preset = NEWMAN,
): Options | undefined {
  const command = `npm${prefix(env.INIT_CWD)} run ${script} --`;
  const help = script === NEWMAN.script ? `${EXAMPLES}\n${EXIT_CODES}` : EXIT_CODES;
  const all = read(command, [...options, ...argv], env, help);
  const own = all && options.length > 0 ? read(command, argv, env, help) : all;
  if (!all || !own) return undefined;
  const again = { command, given: targetOptions(own), narrowedBy: narrowedBy(all) };
  // Other tools than these are the reference server's alone, wherever it runs.
  const otherwise = tools === 'reference' ? undefined : 'reference';
  const given = all.url ?? all.variables.mcpUrl;
  return { ...all, tools, environment: all.environment ?? (given && otherwise), again };
}

/** A folder stands in some collections only, as a name of a collection does. */
function narrowedBy({ collections, folders, revisions }: Given): Again['narrowedBy'] {
  return [
    ...(collections.length + folders.length > 0 ? (['--collection'] as const) : []),
    ...(revisions.length > 0 ? (['--revision'] as const) : []),
  ];
}

/** Where the user stands outside of this project, npm has to be told where it is. */
function prefix(cwd = ROOT): string {
  const way = relative(cwd, ROOT);
  if (/^(\.\.\/?)*$/.test(way)) return '';
  return ` --prefix ${/^[\w./-]+$/.test(way) ? way : `'${way}'`}`;
}

type Given = Omit<Options, 'again' | 'tools'>;

function read(name: string, argv: string[], env: NodeJS.ProcessEnv, help: string): Given | undefined {
  const command = new Command(name)
    .description('Runs the collections against an MCP server and says whether its cancellation works.')
    .option('--url <url>', 'the MCP endpoint to test (default: MCP_URL, or a reference server of our own)')
    .option('--start <command>', 'start the target by this command, and end it afterwards')
    .option('--wait-for <url>', 'begin when this answers (default with --start: the MCP endpoint)')
    .option('--environment <file>', 'a Postman environment: a file, or reference, or any-server')
    .option('--collection <name>', 'only this collection; may be repeated', collect)
    .option('--folder <name>', 'only this folder; may be repeated', collect)
    .option('--case <id>', "only this case, such as L-EFF-1 or 'L-RACE-*'; may be repeated", collect)
    .option('--revision <revision>', 'only this revision, such as 2025-06-18; may be repeated', collect)
    .option('--list', 'list the cases as a table, and run nothing')
    .option('--dry-run', 'ask the target what it is, say what would run, and run nothing')
    .option('--env-var <name=value>', 'set a variable of the environment; may be repeated', collect)
    .addOption(
      new Option('--strict <level>', 'what turns the run red (default: the environment says)').choices([
        'must',
        'effect',
        'should',
      ]),
    )
    .option('--timeout <seconds>', 'give up after so many seconds', '600')
    .option('--reports <folder>', "where the reports go (default: the project's reports/)")
    .option('--known-failures <file>', 'cases that may be red, each with a reason (see README.md)')
    .option('--update-known-failures', 'write that file, so that the same run would be good')
    .addHelpText('after', help);
  if (!parseCommandLine(command, argv)) return undefined;
  const given = command.opts();
  const set: Array<[string, string]> = (given.envVar ?? []).map(parseVariable);
  const { protocolVersion, ...variables } = Object.fromEntries(set);
  return {
    url: checkOpenUrl(given.url ?? (env.MCP_URL || undefined)),
    start: given.start,
    waitFor: checkOpenUrl(given.waitFor, 'anything to wait for'),
    environment: given.environment,
    collections: given.collection ?? [],
    folders: given.folder ?? [],
    cases: given.case ?? [],
    revisions: [...new Set<string>(given.revision ?? (protocolVersion ? [protocolVersion] : []))],
    list: given.list === true,
    dryRun: given.dryRun === true,
    // A secret that was made from a file mostly ends with a line break.
    authorization: env.MCP_AUTHORIZATION?.trim() || undefined,
    variables,
    strict: given.strict,
    timeoutMs: parseSeconds(given.timeout) * 1000,
    reportsDir: given.reports === undefined ? REPORTS : reportsFolder(given.reports, env),
    knownFailures: given.knownFailures,
    updateKnownFailures: given.updateKnownFailures === true,
  };
}

/** @throws Failure (2) for what cannot be the address of a target */
export function checkUrl(url: string, what = 'an MCP endpoint'): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw usage(
      `"${url.replace(/\/\/[^@/]*@/, '//***@')}" is not an address of ${what}; give one such as http://127.0.0.1:8000/mcp`,
    );
  return url;
}

/** An address that may leave its port open. */
function checkOpenUrl(url: string | undefined, what?: string): string | undefined {
  if (url !== undefined) checkUrl(fillPort(url, 1), what);
  return url;
}

function parseVariable(text: string): [string, string] {
  const sign = text.indexOf('=');
  if (sign < 1) throw usage(`--env-var "${text}" is not name=value`);
  return [text.slice(0, sign), text.slice(sign + 1)];
}

/** An empty name would stand for the folder where the user stands, in which reports take the place of other files. */
function reportsFolder(name: string, env: NodeJS.ProcessEnv): string {
  if (name.trim() === '') throw usage('--reports is empty: name the folder that the reports go to');
  return resolve(env.INIT_CWD ?? '.', name);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= LONGEST_S))
    throw usage(`--timeout "${text}" is not a number of seconds above 0, and at most ${LONGEST_S}`);
  return seconds;
}
