import { main } from './runner/main.ts';

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());
// Whoever read what we print is gone, as with `| head`: nobody waits for the rest.
process.stdout.on('error', () => interrupt.abort());

const exitCode = await main(process.argv.slice(2), {
  env: process.env,
  out: process.stdout,
  err: process.stderr,
  signal: interrupt.signal,
});
// A target that never ends a stream can keep a socket of Newman's open for ever.
process.exit(interrupt.signal.aborted ? 130 : exitCode);
