import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeaf, createLeaky, WORKING } from '../../server/applications/broken.ts';
import { createApplications } from '../../server/applications/index.ts';
import type { Fault, Turns } from '../../server/broken/fault.ts';
import { handling, seenAs } from '../../server/broken/handlers.ts';
import type { Config } from '../../server/config.ts';
import type { Offer } from '../../server/tools/index.ts';

/** Applications that do something wrong, and the checks that have to see it. */
export interface ApplicationFault extends Fault {
  create(config: Config): Promise<Offer>;
}

/** Checks that are all missed. */
const missed = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, 'warn' as const]));

/** Of a tool that works on: everything but the end of its exchange, which is not the tool's doing. */
const GOES_ON = ['stops', 'resource', 'soon', 'left'];

const DEAF: Record<(typeof WORKING)[number], Turns> = {
  query_database: { 'A-QUERY-1': missed(...GOES_ON, 'interrupt', 'next') },
  train_model: { 'A-TRAIN-1': missed(...GOES_ON, 'worker', 'cpu') },
  call_api: { 'A-API-1': missed(...GOES_ON, 'upstream') },
  process_batch: { 'A-BATCH-1': missed(...GOES_ON, 'sum') },
  run_agent: { 'A-AGENT-1': missed(...GOES_ON, 'branches', 'withdrawn') },
};

const LEAKY: Record<(typeof WORKING)[number], Turns> = {
  // A connection that was not given back is not asked, as somebody may use it.
  query_database: { 'A-QUERY-1': missed('left', 'next'), 'A-QUERY-2': missed('left') },
  train_model: { 'A-TRAIN-1': missed('left'), 'A-TRAIN-2': missed('left') },
  call_api: { 'A-API-1': missed('left'), 'A-API-2': missed('left') },
  process_batch: { 'A-BATCH-1': missed('left'), 'A-BATCH-2': missed('left') },
  run_agent: { 'A-AGENT-1': missed('left'), 'A-AGENT-2': missed('left') },
};

/** Tools that are sound but for what is changed. */
const changed = (change: (offer: Offer, config: Config) => Offer) => async (config: Config) =>
  change(await createApplications(config), config);

export const FAULTS: readonly ApplicationFault[] = [
  ...WORKING.map((tool) => ({
    name: `deaf-${tool}`,
    what: `does not tell ${tool} of its cancel`,
    turns: DEAF[tool],
    create: (config: Config) => createDeaf(config, [tool]),
  })),
  ...WORKING.map((tool) => ({
    name: `leaky-${tool}`,
    what: `does not clean up after ${tool}`,
    turns: LEAKY[tool],
    create: (config: Config) => createLeaky(config, [tool]),
  })),
  {
    name: 'trains-in-own-thread',
    what: 'computes for a second in its own thread',
    turns: { 'A-TRAIN-1': missed('loop') },
    create: changed(
      handling(['train_model'], (handler) => (args, call, caller) => {
        const timer = setTimeout(() => {
          for (const end = Date.now() + 1000; Date.now() < end; );
        }, 50);
        call.defer(() => clearTimeout(timer));
        return handler(args, call, caller);
      }),
    ),
  },
  {
    name: 'undoes-batch',
    what: 'removes the output of a batch',
    turns: { 'A-BATCH-1': missed('kept'), 'A-BATCH-2': missed('kept') },
    create: changed((offer, { dataDir }) =>
      handling(['process_batch'], (handler) => (args, call, caller) => {
        call.defer(() => rm(join(dataDir, 'batches'), { recursive: true }));
        return handler(args, call, caller);
      })(offer),
    ),
  },
  {
    name: 'loses-item',
    what: 'loses every second item of a batch without a word',
    turns: { 'A-BATCH-1': missed('sum'), 'A-BATCH-2': missed('kept') },
    create: (config: Config) =>
      createApplications(config, process.env, (items) =>
        Array.from({ length: Math.ceil(items / 2) }, (_, n) => 2 * n),
      ),
  },
  {
    name: 'constant-loss',
    what: 'learns nothing',
    turns: { 'A-TRAIN-2': missed('learns') },
    create: changed(
      handling(
        ['train_model'],
        (handler) => (args, call, caller) =>
          handler(args, seenAs(call, { progress: (n, of) => call.progress(n, of, 'Loss 0.7') }), caller),
      ),
    ),
  },
  {
    name: 'hides-results',
    what: 'answers work that was finished with an error, and tells that it has failed',
    turns: {
      'A-QUERY-2': missed('result', 'resource', 'rows'),
      'A-TRAIN-2': missed('result', 'resource'),
      'A-API-2': missed('result', 'resource', 'upstream'),
      'A-BATCH-2': missed('result', 'resource'),
      'A-AGENT-2': missed('result', 'resource', 'steps'),
    },
    create: changed((offer) => {
      const failing = handling([...WORKING], (handler) => async (args, call, caller) => ({
        ...(await handler(args, call, caller)),
        isError: true,
      }));
      const telling = handling(['inspect'], (handler) => async (args, call, caller) => {
        const found = await handler(args, call, caller);
        const { work, facts } = found.structuredContent ?? {};
        if (work !== 'finished') return found;
        const told = { ...found.structuredContent, work: 'failed', facts: { ...facts, upstream: 'open' } };
        return { ...found, structuredContent: told };
      });
      return telling(failing(offer));
    }),
  },
];
