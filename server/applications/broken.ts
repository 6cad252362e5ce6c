/** Applications that do not stop, or do not clean up: what proves that the proofs can fail. */

import { deafTo, handling, seenAs } from '../broken/handlers.ts';
import type { Config } from '../config.ts';
import type { Offer } from '../tools/index.ts';
import { createApplications } from './index.ts';

/** The tools that work. */
export const WORKING = ['query_database', 'train_model', 'call_api', 'process_batch', 'run_agent'] as const;

type Settings = Pick<Config, 'dataDir' | 'witness'>;

/** Tools that are never told of their cancel. */
export async function createDeaf(config: Settings, names: readonly string[] = WORKING): Promise<Offer> {
  return handling(
    names,
    (handler) => (args, call, caller) => handler(args, deafTo(call), caller),
  )(await createApplications(config));
}

/** Tools whose cleanups never run. */
export async function createLeaky(config: Settings, names: readonly string[] = WORKING): Promise<Offer> {
  return handling(
    names,
    (handler) => (args, call, caller) => handler(args, seenAs(call, { defer: () => {} }), caller),
  )(await createApplications(config));
}
