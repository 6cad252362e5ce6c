import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Example, examplesFile } from './collections/build.ts';
import { loadEnvironment, setValue } from './runner/environment.ts';
import { parseOptions } from './runner/options.ts';
import { caseId, items, planRuns } from './runner/plan.ts';
import { type HttpExchange, runCollection } from './runner/run.ts';
import { startServer } from './runner/target.ts';

/** Records the saved examples of every collection against the reference server: `npm run record-examples`. */

const options = parseOptions([], {});
if (!options) throw new Error('unreachable: no option asks for help');
const scratch = await mkdtemp(join(tmpdir(), 'mcp-examples-'));
const server = await startServer(join(scratch, 'server.log'));
try {
  const environment = await loadEnvironment(options, undefined);
  setValue(environment, 'mcpUrl', server.url);
  for (const planned of await planRuns(options, false)) {
    const examples: Record<string, Example[]> = {};
    const outcome = await runCollection(planned, environment, {
      timeoutMs: 300_000,
      onExchange: (itemName, exchange) => keep(examples, caseId(itemName), exchange),
    });
    const missing = items(planned.collection).filter(({ name }) => !examples[caseId(name)]?.length);
    if (outcome.problems.length > 0 || missing.length > 0 || outcome.records.some((record) => record.red))
      throw new Error(
        `${planned.name}: ${[...outcome.problems, ...missing.map(({ name }) => `no response for ${name}`)].join('; ') || 'a case is red'}`,
      );
    await writeFile(examplesFile(planned.name), `${JSON.stringify(examples, null, 2)}\n`);
    console.log(`${planned.name}: ${Object.values(examples).flat().length} examples recorded`);
  }
} finally {
  await server.stop();
  await rm(scratch, { recursive: true });
}

/** Keeps an item's own response, and of its script's exchanges the stream of the call that was cancelled. */
function keep(
  examples: Record<string, Example[]>,
  id: string,
  { fromScript, request, response }: HttpExchange,
): void {
  if (!response || (fromScript && !request?.body?.raw)) return;
  examples[id] ??= [];
  const own = examples[id];
  const cancelled = response.text().includes('"code":-32800');
  if (fromScript && (!cancelled || own.length > 0)) return;
  own.push({
    name: fromScript ? 'The cancelled call: its stream until the end' : 'What came back',
    requestBody: normalise(pretty(request?.body?.raw ?? '')),
    status: response.status,
    code: response.code,
    header: ['Content-Type', 'Mcp-Session-Id'].flatMap((key) => {
      const value = response.headers.get(key);
      return value ? [{ key, value: normalise(value) }] : [];
    }),
    body: normalise(response.text()),
  });
}

function pretty(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2);
}

/** Takes out what differs from run to run: ids, keys, dates, ports. */
function normalise(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '00000000-0000-4000-8000-000000000000')
    .replace(/^(id: )[\w-]+(?=\.00000000-)/gm, '$1example')
    .replace(/\b[0-9a-z]{8,9}-[0-9a-z]{6}-\d+\b/g, 'example-key')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-01-01T00:00:00.000Z')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8000')
    .replace(/(?<=cancel_ms\\?":)[\d.]+/g, '1');
}
