import { Command, CommanderError } from 'commander';
import { type Failure, usage } from '../runner/failure.ts';

export interface Options {
  /** Names of broken servers; `*` stands for anything. Empty for all. */
  only: string[];
  collection: string | undefined;
}

const collect = (value: string, list: string[] = []) => [...list, value];

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
    .addHelpText('after', '\nExit codes: 0 proved; 1 not proved; 2 wrong usage.')
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw wrong(error.message.replace(/^error: |\.$/g, ''));
  }
  const { only = [], collection } = command.opts();
  return { only, collection };
}

function wrong(message: string): Failure {
  return usage(`${message}. See npm run test:broken -- --help`);
}
