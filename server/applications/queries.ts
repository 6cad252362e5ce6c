/**
 * The queries that there are. Callers choose one by name and send numbers for it; none of them sends SQL.
 *
 * Only numbers are computed: string functions of DuckDB ignore its memory limit and keep an interrupt waiting.
 */

/** How many bodies there are. */
export const BODIES = 8000;

/** How many minutes of their paths are looked at: so many that a query over all bodies takes minutes. */
const MINUTES = 150;

/** Bodies that move in straight lines from random places, the same every time. */
export const SCHEMA = [
  'SELECT setseed(0.5)',
  `CREATE TABLE bodies AS
    SELECT i::INTEGER AS id, random() AS x, random() AS y,
      (random() - 0.5) / 100 AS vx, (random() - 0.5) / 100 AS vy
    FROM range(0, ${BODIES}) r(i)`,
  `CREATE TABLE minutes AS SELECT i::INTEGER AS minute FROM range(0, ${MINUTES}) r(i)`,
  // A join of `bodies` with itself says next to nothing of its progress: the engine counts the rows it scans, and
  // 8,000 are nothing. Every pair as one number are 64 million rows to scan, and 1.3 MB in the file.
  `CREATE TABLE pairs AS SELECT i::INTEGER AS pair FROM range(0, ${BODIES * BODIES}) r(i)`,
];

/** The squared distance of every pair of the first `$rows` bodies at every minute. */
const DISTANCES = `
  SELECT a, b, minute, (dx + minute * dvx) * (dx + minute * dvx) + (dy + minute * dvy) * (dy + minute * dvy) AS d
  FROM (
    SELECT a.id AS a, b.id AS b, a.x - b.x AS dx, a.y - b.y AS dy, a.vx - b.vx AS dvx, a.vy - b.vy AS dvy
    FROM pairs JOIN bodies a ON a.id = pair // ${BODIES} JOIN bodies b ON b.id = pair % ${BODIES}
    WHERE pair < $rows * ${BODIES}
      AND pair // ${BODIES} < CASE WHEN pair % ${BODIES} < $rows THEN pair % ${BODIES} ELSE 0 END
  ) CROSS JOIN minutes`;

export const QUERIES = {
  closest_pairs: `SELECT a, b, minute, sqrt(d) AS distance FROM (${DISTANCES}) ORDER BY d, a, b LIMIT 10`,
  distance_histogram: `SELECT floor(sqrt(d) * 10)::INTEGER AS tenth, count(*)::DOUBLE AS pairs
    FROM (${DISTANCES}) GROUP BY tenth ORDER BY tenth LIMIT 100`,
} as const;

export type QueryName = keyof typeof QUERIES;
