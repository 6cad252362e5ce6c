/** What a program of this folder does at its start. */

import { ConfigError } from './config.ts';

/** Runs a step of the start; if the configuration is to blame, says so in one line for each value, and exits with 2. */
export async function attempt<Result>(step: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.lines) console.error(line);
    process.exit(2);
  }
}
