import { Argument, Command, Option } from 'commander';
import { parseCommandLine } from '../runner/command-line.ts';
import { usage } from '../runner/failure.ts';
import { checkUrl } from '../runner/options.ts';
import type { CancelMethod } from './session.ts';

export const DEFAULT_URL = 'http://127.0.0.1:8000/mcp';

/** As long as a timer of Node can wait. */
const LONGEST_S = 2_000_000;

/** Where a server is, and what it is told to let us in. */
export interface Target {
  url: string;
  /** The value of the `Authorization` header. */
  authorization: string | undefined;
}

export interface Options extends Target {
  what: 'lesson' | 'quick' | 'disconnect';
  afterMs: number;
  file: string;
  /** Seconds that the tool takes. */
  processingTime: number;
  json: boolean;
  method: CancelMethod;
}

/** What only the lesson can be told. */
const LESSON_ONLY = { after: '--after', file: '--file', processingTime: '--processing-time', json: '--json' };

const HELP = `
What it shows:
  (nothing)   a call that is cancelled while it runs, by the official SDK's
              client, as in the lesson
  quick       the same over raw HTTP: each request and each SSE frame
              as it passes, with milliseconds
  disconnect  hanging up is no cancel: the call runs on, an explicit cancel
              stops it, and Last-Event-ID brings what was missed

It needs the reference server, or one with the same tools: npm start
MCP_URL stands for --url, MCP_AUTHORIZATION="Bearer …" for --token, which anyone
on the machine could read.

Exit codes: 0 it went as shown; 1 it did not (a result, another error, no answer
in time), and the last line says which; 2 wrong usage; 3 no server to connect
to, or one that cannot show it (disconnect needs streams with event ids, and the
witness, the tool "state"); 130 Ctrl-C, which cancels the running call first.`;

/**
 * Reads the command line of `npm run client`.
 * @returns undefined where it asked for help, which has then been printed
 * @throws Failure (2) for anything that cannot be used
 */
export function parseOptions(argv: string[], env: NodeJS.ProcessEnv): Options | undefined {
  const command = new Command('npm run client --')
    .usage('[what] [options]')
    .description('Calls a slow tool over Streamable HTTP, cancels the call, and shows what happens.')
    .addArgument(
      new Argument('[what]', 'what it shows, if not the lesson')
        .choices(['quick', 'disconnect'])
        .argOptional(),
    )
    .option('--after <seconds>', 'cancel after so many seconds (default: 3)')
    .option('--file <name>', 'the file to process (default: large_dataset.csv)')
    .option('--processing-time <seconds>', 'how long the tool takes (default: 10)')
    .option('--lsp-cancel', 'cancel by $/cancelRequest, an extension')
    .option('--json', 'print one JSON object a line for each event')
    .addOption(urlOption())
    .addOption(tokenOption())
    .addHelpText('after', HELP);
  if (!parseCommandLine(command, argv)) return undefined;
  const given = command.opts();
  const what = command.processedArgs[0] ?? 'lesson';
  for (const [name, option] of Object.entries(LESSON_ONLY))
    if (what !== 'lesson' && given[name] !== undefined)
      throw usage(`${option} does not go with ${what}, which has a pace of its own`);
  return {
    what,
    ...(readTarget(given, env) ?? { url: DEFAULT_URL, authorization: readAuthorization(given, env) }),
    afterMs: seconds('--after', given.after ?? '3') * 1000,
    file: given.file ?? 'large_dataset.csv',
    processingTime: whole('--processing-time', given.processingTime ?? '10'),
    json: given.json === true,
    method: given.lspCancel ? '$/cancelRequest' : 'notifications/cancelled',
  };
}

export const urlOption = (fallback = DEFAULT_URL) =>
  new Option('--url <url>', `the MCP endpoint (default: MCP_URL, or ${fallback})`);

export const tokenOption = () => new Option('--token <token>', 'a bearer token (default: MCP_AUTHORIZATION)');

/**
 * The server that the command line or `MCP_URL` names.
 * @returns undefined where neither does
 * @throws Failure (2) for an address that cannot be used
 */
export function readTarget(
  given: { url?: string; token?: string },
  env: NodeJS.ProcessEnv,
): Target | undefined {
  const url = given.url ?? (env.MCP_URL || undefined);
  if (url === undefined) return undefined;
  const { username, password } = new URL(checkUrl(url));
  if (username || password)
    throw usage('a name and a password do not belong in --url: use MCP_AUTHORIZATION');
  return { url, authorization: readAuthorization(given, env) };
}

function readAuthorization({ token }: { token?: string }, env: NodeJS.ProcessEnv): string | undefined {
  const value = token === undefined ? env.MCP_AUTHORIZATION?.trim() || undefined : `Bearer ${token}`;
  // A header holds nothing else.
  if (value !== undefined && !/^[\x20-\x7e]+$/.test(value))
    throw usage('--token has a character that no header can hold');
  return value;
}

function seconds(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= LONGEST_S) return value;
  throw usage(`${option} "${text}" is not a number of seconds above 0, and at most ${LONGEST_S}`);
}

function whole(option: string, text: string): number {
  const value = seconds(option, text);
  if (Number.isInteger(value)) return value;
  throw usage(`${option} "${text}" is not a whole number of seconds`);
}
