/** What the server offers with TOOLS=applications: tools that cancel real work, and ways to see that they did. */

import type { Config } from '../config.ts';
import { DataFolder } from '../data-folder.ts';
import type { Offer } from '../tools/index.ts';
import { listCalls } from '../tools/list-calls.ts';
import { quick } from '../tools/quick.ts';
import { slow } from '../tools/slow.ts';
import { state } from '../tools/state.ts';
import type { Tool } from '../tools/tool.ts';
import { Witness } from '../witness.ts';
import { readApis } from './apis.ts';
import { Batches } from './batches.ts';
import { callApi } from './call-api.ts';
import { Database } from './database.ts';
import { Evidence } from './evidence.ts';
import { inspect } from './inspect.ts';
import { processBatch } from './process-batch.ts';
import { queryDatabase } from './query-database.ts';
import { runAgent } from './run-agent.ts';
import { trainModel } from './train-model.ts';
import { Trainer } from './trainer.ts';
import { Upstream } from './upstream.ts';

/**
 * Makes the tools, and what they work with. One for a server; sessions share it.
 *
 * @param env where APIS is read, the allow-list of `call_api`
 * @param numbersOf as in `processBatch`
 * @returns its `close` ends the database, the threads and the upstream, and with them what still works there
 * @throws ConfigError naming APIS, or DATA_DIR where its database cannot be opened
 */
export async function createApplications(
  config: Pick<Config, 'dataDir' | 'witness'>,
  env: Record<string, string | undefined> = process.env,
  numbersOf?: (items: number) => Iterable<number>,
): Promise<Offer> {
  const apis = readApis(env);
  const database = await Database.open(config.dataDir);
  const upstream = await Upstream.start();
  const trainer = new Trainer();
  const witness = new Witness();
  const evidence = new Evidence();
  const batches = new Batches(config.dataDir);
  const working: Tool[] = [
    queryDatabase(database, witness, evidence),
    trainModel(trainer, witness, evidence),
    callApi(apis, upstream, witness, evidence),
    processBatch(new DataFolder(config.dataDir), batches, witness, evidence, numbersOf),
  ];
  const telling: Tool[] = [state(witness), listCalls(), inspect(evidence)];
  return {
    tools: [
      ...working,
      runAgent(working, witness, evidence),
      slow(witness),
      quick(),
      ...(config.witness === 'on' ? telling : []),
    ],
    prompts: [],
    resources: [],
    completions: [],
    async close() {
      batches.close();
      await Promise.all([database.close(), trainer.close(), upstream.close()]);
    },
  };
}
