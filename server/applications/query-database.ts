import { z } from 'zod';
import { key } from '../tools/key.ts';
import { defineTool, result } from '../tools/tool.ts';
import type { Witness } from '../witness.ts';
import type { Database } from './database.ts';
import type { Evidence } from './evidence.ts';
import { BODIES, QUERIES, type QueryName } from './queries.ts';

/** How often the engine is asked how far it is, in milliseconds. */
const LOOK_MS = 50;

/** A tick is a thousandth of a percent. */
const TICKS = 100_000;

/** Work in an engine of its own, which knows nothing of signals: an interrupt has to be sent to its connection. */
export const queryDatabase = (database: Database, witness: Witness, evidence: Evidence) =>
  defineTool({
    name: 'query_database',
    title: 'Query the database',
    description:
      'Runs one of a few heavy queries on 8000 moving bodies. Over all of them it takes minutes. Can be cancelled.',
    input: z.strictObject({
      query: z.enum(Object.keys(QUERIES) as [QueryName, ...QueryName[]]).describe('which query'),
      rows: z.int().min(1).max(BODIES).default(BODIES).describe('over how many bodies'),
      key: key.optional().describe('by which `state` and `inspect` tell of this call'),
    }),
    output: z.object({ query: z.string(), rows: z.array(z.record(z.string(), z.number())) }),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },

    async handler({ query, rows, key }, call) {
      const connection = await database.take();
      const seen = witness.open(key, call.record, TICKS);
      let returned = false;
      const work = evidence.open(key, call, 'query_database', 'the connection of the query', async () => {
        const connections = returned ? 0 : 1;
        return { left: connections, facts: { next_query: await database.answers(connection), connections } };
      });
      call.defer(() => {
        database.give(connection);
        returned = true;
        seen.cleaned_up = true;
      });

      const look = setInterval(() => {
        const { percentage } = connection.progress;
        if (percentage <= 0) return;
        seen.ticks = Math.max(seen.ticks, Math.floor((percentage * TICKS) / 100));
        call.progress(percentage, 100, `${percentage.toFixed(2)} %, as the engine estimates`);
      }, LOOK_MS);
      call.log('info', `Query ${query} over ${rows} bodies`);
      try {
        const found = await database.query(connection, query, rows, call.signal);
        work.end('finished', `${found.length} rows`);
        seen.ticks = TICKS;
        call.progress(100, 100, `${found.length} rows`);
        seen.finished += 1;
        return result(JSON.stringify(found), { query, rows: found });
      } catch (error) {
        const told = String(error instanceof Error ? error.message : error);
        // A cancel that came while one waited for a connection: the engine was never asked.
        const stopped = told.startsWith('INTERRUPT') || error === call.signal.reason;
        work.end(stopped ? 'stopped' : 'failed', told);
        if (call.cancelled) seen.cancelled += 1;
        throw error;
      } finally {
        clearInterval(look);
      }
    },
  });
