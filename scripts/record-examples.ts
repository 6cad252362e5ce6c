import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startOffering } from './applications/start.ts';
import { type Example, examplesFile } from './collections/build.ts';
import { untilRunning, workspace } from './collections/workspace.ts';
import { type EnvironmentJson, getValue, loadEnvironment, setValue } from './runner/environment.ts';
import { parseOptions, type Tools } from './runner/options.ts';
import { caseId, items, type Planned, planRuns } from './runner/plan.ts';
import type { ExchangeResult } from './runner/results.ts';
import { runCollection } from './runner/run.ts';

/** Records the saved examples of every collection against the reference server: `npm run record-examples`. */

for (const tools of ['reference', 'applications'] as const) await record(tools);

/** Those of the collections that are for these tools. */
async function record(tools: Tools): Promise<void> {
  const options = parseOptions([], {}, { script: 'record-examples', options: [], tools });
  if (!options) throw new Error('unreachable: no option asks for help');
  const scratch = await mkdtemp(join(tmpdir(), 'mcp-examples-'));
  const server = await startOffering(tools, join(scratch, 'server.log'), { out: process.stdout });
  try {
    const environment = await loadEnvironment(options, undefined);
    setValue(environment, 'mcpUrl', server.url);
    for (const planned of await planRuns(options, false)) await recordCollection(planned, environment);
  } finally {
    await server.stop();
    await rm(scratch, { recursive: true });
  }
}

async function recordCollection(planned: Planned, environment: EnvironmentJson): Promise<void> {
  const outcome = await runCollection(planned, environment, { timeoutMs: 300_000 });
  const examples: Record<string, Example[]> = Object.fromEntries(
    [...outcome.exchanges].map(([id, exchanges]) => [id, examplesOf(exchanges)]),
  );
  if (planned.name === 'walkthrough')
    for (const [call, cancel, state] of [
      ['W-3', 'W-4', 'W-5'],
      ['W-10', 'W-11', 'W-12'],
    ] as const)
      for (const [id, one] of await cancelledByHand(getValue(environment, 'mcpUrl'), call, cancel, state))
        examples[id]?.unshift(one);
  const missing = items(planned.collection).filter(({ name }) => !examples[caseId(name)]?.length);
  if (outcome.problems.length > 0 || missing.length > 0 || outcome.records.some((record) => record.red))
    throw new Error(
      `${planned.name}: ${[...outcome.problems, ...missing.map(({ name }) => `no response for ${name}`)].join('; ') || 'a case is red'}`,
    );
  await writeFile(examplesFile(planned.name), `${JSON.stringify(examples, null, 2)}\n`);
  console.log(`${planned.name}: ${Object.values(examples).flat().length} examples recorded`);
}

/** The case's main request, and before it the stream of the call that was cancelled. */
function examplesOf(exchanges: ExchangeResult[]): Example[] {
  const cancelled = exchanges.find(
    ({ request, frames }) => request.body && frames.some(({ text }) => text.includes('"code":-32800')),
  );
  const own = exchanges.find(({ lane }) => lane === 'evidence');
  return [
    ...(cancelled ? [example('The cancelled call: its stream until the end', cancelled)] : []),
    ...(own ? [example('What came back', own)] : []),
  ];
}

/** What a call and its witness show when it was cancelled from another tab, which a headless run never does. */
async function cancelledByHand(
  url: string,
  call: string,
  cancel: string,
  state: string,
): Promise<[string, Example][]> {
  const { send, open } = workspace(url);
  for (const id of ['W-1', 'W-2']) await send(id);
  const tab = open(call);
  await tab.prepared;
  await untilRunning(send, state);
  // Time for some progress, which is what a person sees first.
  await setTimeout(2500);
  await send(cancel);
  const shown = [await tab.sent, await send(state)].map(({ body, reply, code, status, contentType }) => ({
    name: 'Cancelled while it ran',
    requestBody: normalise(pretty(body)),
    status,
    code,
    header: [{ key: 'Content-Type', value: contentType }],
    body: normalise(reply),
  }));
  await send('W-7');
  return [call, state].map((id, i) => [id, shown[i] as Example]);
}

function example(name: string, { request, response, frames }: ExchangeResult): Example {
  const headers = new Headers(response?.headers);
  return {
    name,
    requestBody: normalise(pretty(request.body ?? '')),
    status: response?.statusText ?? '',
    code: response?.status ?? 0,
    header: ['Content-Type', 'Mcp-Session-Id'].flatMap((key) => {
      const value = headers.get(key);
      return value ? [{ key, value: normalise(value) }] : [];
    }),
    body: normalise(response?.body ?? frames.map(({ text }) => `${text}\n\n`).join('')),
  };
}

function pretty(json: string): string {
  return json && JSON.stringify(JSON.parse(json), null, 2);
}

/** Takes out what differs from run to run: ids, keys, dates, ports. */
function normalise(text: string): string {
  return text
    .replace(/^session-\d+$/, '00000000-0000-4000-8000-000000000000')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '00000000-0000-4000-8000-000000000000')
    .replace(/^(id: )[\w-]+(?=\.00000000-)/gm, '$1example')
    .replace(/\b([0-9a-z]{8,9}-[0-9a-z]{6}|walk-[0-9a-z]{8,9})-\d+\b/g, 'example-key')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-01-01T00:00:00.000Z')
    .replace(/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d+Z/g, '2026-01-01T00-00-00.000Z')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8000')
    .replace(/(?<=(cancel|stop|cpu|loop_delay)_ms\\?":)[\d.]+/g, '1');
}
