import { Command, Option } from 'commander';
import { readTarget, type Target, tokenOption, urlOption } from '../client/options.ts';
import { parseCommandLine } from '../runner/command-line.ts';

export const SCENES = ['basic', 'race', 'multiple', 'cleanup'] as const;
export type SceneName = (typeof SCENES)[number];

export interface Options {
  /** Undefined where the demo starts a server of its own. */
  target: Target | undefined;
  scenes: readonly SceneName[];
  slow: boolean;
}

const HELP = `
Scenes:
  basic       a long call is cancelled while it runs
  race        a cancel comes too late, and does no harm
  multiple    of three calls, the middle one is cancelled
  cleanup     what a cancelled call leaves behind: nothing

Each line is printed only when it is true: the demo asks the witness (the tool
"state"), and looks into the data folder of its own server. Without --url it
starts one at a free port; CANCEL_REPLY=none and RESPONSE_MODE=json change how
that one answers. MCP_URL stands for --url, MCP_AUTHORIZATION="Bearer …" for
--token, which anyone on the machine could read.

Exit codes: 0 every scene did what it says; 1 one did not; 2 wrong usage;
3 no server, or one without the tools of the reference server; 130 Ctrl-C.`;

/**
 * Reads the command line of `npm run demo`.
 * @returns undefined where it asked for help, which has then been printed
 * @throws Failure (2) for anything that cannot be used
 */
export function parseOptions(argv: string[], env: NodeJS.ProcessEnv): Options | undefined {
  const command = new Command('npm run demo --')
    .usage('[options]')
    .description('Shows in four scenes what cancellation is, against a real server over HTTP.')
    .addOption(new Option('--scene <name>', 'only this scene').choices(SCENES))
    .option('--slow', 'for a classroom: a line of explanation and a pause at each step')
    .addOption(urlOption('a server of its own'))
    .addOption(tokenOption())
    .addHelpText('after', HELP);
  if (!parseCommandLine(command, argv)) return undefined;
  const given = command.opts();
  return {
    target: readTarget(given, env),
    scenes: given.scene ? [given.scene] : SCENES,
    slow: given.slow === true,
  };
}
