import { oneLine, visible } from '../report/text.ts';
import { Failure } from '../runner/failure.ts';
import { type Io, inert } from '../runner/screen.ts';

/** One Ctrl-C reaches us twice under npm: from the terminal, and passed on by npm. Only a later one is a second one. */
const SAME_SIGNAL_MS = 500;

/**
 * Runs a command as this process, which ends with its exit code; 130 where it was interrupted. The first Ctrl-C lets
 * it end what it began, a second one ends it at once.
 * @param main given the command line behind the program's name
 */
export async function runProgram(main: (argv: string[], io: Io) => Promise<number>): Promise<never> {
  const interrupt = new AbortController();
  let interruptedAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      interruptedAt ??= performance.now();
      if (performance.now() - interruptedAt > SAME_SIGNAL_MS) process.exit(130);
      interrupt.abort();
    });
  // Whoever read what we print is gone, as with `| head`: nobody waits for the rest.
  process.stdout.on('error', () => interrupt.abort());
  const io = { env: process.env, out: process.stdout, err: process.stderr, signal: interrupt.signal };
  const exitCode = await main(process.argv.slice(2), io).catch((error: unknown) => told(error, io));
  process.exit(interrupt.signal.aborted ? 130 : exitCode);
}

function told(error: unknown, io: Io): number {
  // What an interrupt broke off is no failure.
  if (io.signal?.aborted) return 130;
  const text = error instanceof Failure ? oneLine(error.message) : ((error as Error).stack ?? String(error));
  io.err.write(inert(io, `${visible(text)}\n`));
  return error instanceof Failure ? error.exitCode : 3;
}
