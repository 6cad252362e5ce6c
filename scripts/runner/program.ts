import { main } from './main.ts';
import type { Preset } from './options.ts';

/** Runs `main` as this process, which ends with its exit code; 130 where it was interrupted. */
export async function runProgram(argv: string[], preset?: Preset): Promise<never> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => interrupt.abort());
  // Whoever read what we print is gone, as with `| head`: nobody waits for the rest.
  process.stdout.on('error', () => interrupt.abort());
  const io = { env: process.env, out: process.stdout, err: process.stderr, signal: interrupt.signal };
  const exitCode = await main(argv, io, preset);
  // A target that never ends a stream can keep a socket of Newman's open for ever.
  process.exit(interrupt.signal.aborted ? 130 : exitCode);
}
