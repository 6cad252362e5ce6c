import { Command } from 'commander';
import { parseCommandLine } from '../runner/command-line.ts';
import { usage } from '../runner/failure.ts';

export interface ProxyOptions {
  /** The address that is forwarded to. */
  target: string;
  /** 0 takes a free one. */
  port: number;
}

const HEADERS = `
A request says when the connection to the target is closed, and how:
  X-Hang-Up-After-Ms: <n>      n milliseconds after the request was sent on
  X-Hang-Up-After-Events: <n>  after n events; 0: before the response begins
  X-Hang-Up-How: fin | rst     fin where it is not said
Without the first two, everything is passed through.

Exit codes: 0 ended by Ctrl-C; 2 wrong usage; 3 the port cannot be had.`;

/**
 * Reads the command line.
 * @param argv the command line behind the program's name
 * @returns undefined where the command line asked for help, which has then been printed
 * @throws Failure (2) for anything that cannot be used
 */
export function parseProxyOptions(argv: string[]): ProxyOptions | undefined {
  const command = new Command('npm run proxy --')
    .description('Stands in front of an MCP server and closes its streams from outside, as Postman cannot.')
    .option('--target <url>', 'the MCP endpoint to forward to', 'http://127.0.0.1:8000/mcp')
    .option('--port <n>', 'the port to listen at, on this machine only; 0 takes a free one', '8001')
    .addHelpText('after', HEADERS);
  if (!parseCommandLine(command, argv)) return undefined;
  const { target, port } = command.opts<{ target: string; port: string }>();
  return { target, port: parsePort(port) };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535)
    throw usage(`--port "${text}" is not a port: give a whole number from 0 to 65535`);
  return port;
}
