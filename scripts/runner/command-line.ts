import { type Command, CommanderError } from 'commander';
import { usage } from './failure.ts';

/** Collects the values of an option that may be repeated. */
export const collect = (value: string, list: string[] = []) => [...list, value];

/**
 * Reads a command line; what is wrong with it is told in one line.
 * @param argv the command line behind the program's name
 * @returns false where it asked for help, which has then been printed
 * @throws Failure (2) for anything that cannot be used
 */
export function parseCommandLine(command: Command, argv: string[]): boolean {
  command
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  try {
    command.parse(argv, { from: 'user' });
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    throw usage(`${error.message.replace(/^error: |\.$/g, '')}. See ${command.name()} --help`);
  }
}
