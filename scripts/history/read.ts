import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { tally } from '../report/verdict.ts';
import { type Failure, usage } from '../runner/failure.ts';
import type { Results } from '../runner/results.ts';

const NAME = 'mcp-cancellation-suite';

const text = z.string();
const texts = z.array(text).default([]);
const ms = z.number().default(0);
const headers = z.record(text, text).default({});

const Check = z.looseObject({
  level: z.enum(['MUST', 'SHOULD', 'MAY', 'DERIVED', 'AMBIG']),
  title: text,
  spec: text,
  verdict: z.enum(['pass', 'fail', 'warn', 'note', 'not observed', 'not applicable', 'error']),
  expected: text,
  observed: text,
});

const Exchange = z.looseObject({
  lane: text,
  request: z.looseObject({ method: text, url: text, headers, body: text.nullable() }),
  sentMs: z.number(),
  response: z
    .looseObject({
      ms: z.number(),
      status: z.number(),
      statusText: text.default(''),
      headers,
      body: text.nullable(),
    })
    .nullable(),
  frames: z.array(z.looseObject({ ms: z.number(), text })).default([]),
  framesLeftOut: z.number().default(0),
  endedMs: z.number(),
  endedBy: z.enum(['target', 'proxy', 'runner']).nullable(),
  failure: text.nullable(),
});

const Case = z.looseObject({
  id: text.min(1),
  title: text,
  verdict: Check.shape.verdict,
  red: z.boolean(),
  fate: text.nullable().default(null),
  evidence: z.enum(['witness', 'inferred', 'none']).default('none'),
  cancelMs: z.number().nullable().default(null),
  waitMs: ms,
  transcript: text.default(''),
  group: text.default(''),
  startedAt: text.default(''),
  exchanges: z.array(Exchange).default([]),
  checks: z.array(Check).default([]),
  known: z.exactOptional(text),
});

const Run = z.looseObject({
  collection: text,
  revision: text,
  lag: z.boolean().default(false),
  durationMs: ms,
  waitMs: ms,
  cases: z.array(Case),
});

const Entry = z.looseObject({ file: text, line: z.number(), entry: text, why: text });

/** What 0.1.0 wrote is enough; what later versions added may be missing. */
const Recorded = z.looseObject({
  suite: z.looseObject({ name: z.literal(NAME), version: text }),
  target: z.looseObject({
    url: text,
    server: z.looseObject({ name: text, version: text }).nullable(),
    slowTool: text.default(''),
  }),
  startedAt: text,
  durationMs: ms,
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  strict: z.enum(['must', 'effect', 'should']),
  maxLoopLagMs: ms,
  // Whether it was narrowed is not known: a command that names everything runs no more than was red.
  again: z
    .looseObject({
      command: text,
      given: texts,
      narrowedBy: z.array(z.enum(['--collection', '--revision'])).default(['--collection', '--revision']),
    })
    .prefault({ command: 'npm run newman --' }),
  atOnce: z.number().default(1),
  totals: z.looseObject({ assertions: z.number().default(0) }).prefault({}),
  about: z.record(text, text).default({}),
  notices: texts,
  problems: texts,
  stale: z.array(Entry.extend({ todo: text, replaceBy: texts })).default([]),
  unused: z.array(Entry).default([]),
  runs: z.array(Run),
});

/**
 * Reads the results of a run, also those of an older version of the suite.
 * @param path where they are
 * @param file as messages name it
 * @param missing what to do where there is no such file
 * @throws Failure (2) that says in one line what is wrong, and where
 */
export async function readResults(path: string, file: string, missing: string): Promise<Results> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw usage(`there are no results in ${file}; ${missing}`);
    if (code !== undefined) throw usage(`the results ${file} cannot be read (${code}); ${missing}`);
    throw usage(`${file} is no JSON, or not all of it (${message}); ${missing}`);
  }
  const { success, data, error } = Recorded.safeParse(value);
  if (!success) throw notResults(file, error, value);
  // The counts follow from the cases, whatever they were called when these were written.
  return { ...data, totals: { ...tally(data.runs), assertions: data.totals.assertions } };
}

function notResults(file: string, { issues }: z.ZodError, value: unknown): Failure {
  const [issue] = issues;
  const path = (issue?.path ?? []).map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  const where = path.join('').replace(/^\./, '') || 'all of it';
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  const ours = (value as { suite?: { name?: unknown } } | null)?.suite?.name === NAME;
  const what = ours ? 'are results that were changed or damaged' : `holds no results of ${NAME}`;
  return usage(`${file} ${what}: ${where}: ${issue?.message}${more}; name a results.json as a run wrote it`);
}
