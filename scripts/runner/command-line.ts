import { type Command, CommanderError } from 'commander';
import { oneLine, visible } from '../report/text.ts';
import { Failure, usage } from './failure.ts';
import { type Io, inert } from './screen.ts';

/**
 * Runs a command; where it fails, that is told: in one line, where the user can do something about it.
 * @returns its exit code, or that of what it failed with; 3 for a mistake of ours
 */
export async function runCommand(io: Io, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    // Anything but a Failure is a mistake of ours: its stack is for whoever mends it, and it is no red.
    const told =
      error instanceof Failure
        ? [oneLine(error.message), ...error.details]
        : [(error as Error).stack ?? String(error)];
    io.err.write(inert(io, `${visible(told.join('\n'))}\n`));
    return error instanceof Failure ? error.exitCode : 3;
  }
}

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
