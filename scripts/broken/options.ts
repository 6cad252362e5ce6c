import { Command } from 'commander';
import { collect, parseCommandLine } from '../runner/command-line.ts';

export interface Options {
  /** Names of broken servers; `*` stands for anything. Empty for all. */
  only: string[];
  collection: string | undefined;
}

/**
 * Reads the command line.
 * @returns undefined where the command line asked for help, which has then been printed
 * @throws Failure (2) for anything that cannot be used
 */
export function parseOptions(argv: string[]): Options | undefined {
  const command = new Command('npm run test:broken --')
    .description('Proves with broken servers that every check of the collections can fail.')
    .option('--only <name>', "only this server, such as cancel-200 or '*cancel*'; may be repeated", collect)
    .option('--collection <name>', 'only the checks of this collection')
    .addHelpText('after', '\nExit codes: 0 proved; 1 not proved; 2 wrong usage.');
  if (!parseCommandLine(command, argv)) return undefined;
  const { only = [], collection } = command.opts();
  return { only, collection };
}
