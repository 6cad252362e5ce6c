/** Writes the report of a run anew, and says what changed since another one: `npm run report`. */

import { main } from './history/main.ts';

// Whoever read what we print is gone, as with `| head`: what was to be written is written all the same.
process.stdout.on('error', () => {});
process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  out: process.stdout,
  err: process.stderr,
});
