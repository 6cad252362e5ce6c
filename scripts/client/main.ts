import type { Io } from '../runner/screen.ts';
import { disconnect } from './disconnect.ts';
import { jsonTeller } from './events.ts';
import { lesson } from './lesson.ts';
import { lessonTeller } from './lesson-lines.ts';
import { parseOptions } from './options.ts';
import { quick } from './quick.ts';
import { sayer } from './say.ts';

/**
 * The whole of `npm run client`.
 * @param argv the command line behind the program's name
 * @returns the exit code: 0 it went as shown; 1 it did not
 * @throws Failure (2) for wrong usage; (3) where there is nothing to connect to, or nothing that could show it
 */
export async function main(argv: string[], io: Io): Promise<number> {
  const options = parseOptions(argv, io.env);
  if (!options) return 0;
  if (options.what === 'quick') return quick(options, io);
  if (options.what === 'disconnect') return disconnect(options, io);
  const print = (line: string) => io.out.write(`${line}\n`);
  return lesson(options, options.json ? jsonTeller(print) : lessonTeller(sayer(io)), io);
}
