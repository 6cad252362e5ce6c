import { defineCase } from '../lib/definition.ts';
import { ALONE, BEHAVIOR, CALLING, FINISHES, HOW, STOPS } from './work.ts';

export const queryCancelled = defineCase({
  id: 'A-QUERY-1',
  name: 'Cancel a database query',
  description: `\`query_database\` runs a query in DuckDB that would take minutes. ${HOW}

A query runs in the engine, on a thread of Node's pool: a handler that just stops waiting for it leaves the engine at work, with nobody who wants its result. Stopping it takes the engine's own interrupt, and its error says that it was one. A connection whose query was interrupted has to be as good as before, or a pool is used up by cancels: so it is asked the next query.`,
  checks: {
    ...STOPS,
    interrupt: { level: 'DERIVED', text: "end the query by the engine's own interrupt", spec: BEHAVIOR },
    next: { level: 'DERIVED', text: 'answer the next query on the same connection', spec: BEHAVIOR },
  },
  before: async (t) => t.cancelWork('query_database', { query: 'closest_pairs' }),
  after: (t, seen) => {
    t.checkCancelled(seen);
    const { told, facts } = t.inspection;
    t.check('interrupt', /interrupt/i.test(told), 'an error that tells of the interrupt', told);
    t.check('next', facts.next_query === 'answered', 'answered', String(facts.next_query));
  },
});

export const queryFinished = defineCase({
  id: 'A-QUERY-2',
  name: 'The query, left alone',
  description: `The same query over fewer rows is left alone, and brings its rows. ${ALONE}`,
  checks: {
    ...FINISHES,
    rows: { level: 'DERIVED', text: 'bring rows', spec: CALLING },
  },
  before: async (t) => t.finishWork('query_database', { query: 'closest_pairs', rows: 60 }),
  after: (t, seen) => {
    t.checkDone(seen);
    const rows = Array.isArray(seen.result.rows) ? seen.result.rows.length : 0;
    t.check('rows', rows > 0, 'rows', `${rows} rows`);
  },
});
