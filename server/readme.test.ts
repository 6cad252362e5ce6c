/** The examples of the README are run as they stand there. */

import { existsSync, readFileSync } from 'node:fs';
import { transform } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended, startServer, TestClient, type TestServer } from './testing.ts';
import type { Tool } from './tools/tool.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  const sources = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, source]) => String(source));
  const tools = await Promise.all(sources.map(load));
  server = await startServer({}, tools);
  client = await TestClient.open(server.url);
});

afterAll(async () => {
  await client.close();
  await server.close();
});

/** The tool that an example exports. */
async function load(source: string): Promise<Tool> {
  const modules = new Map<string, unknown>();
  for (const [, name] of source.matchAll(/ from '(.+)';$/gm))
    modules.set(String(name), await import(String(name).replace('./', './tools/')));
  const { code } = await transform(source, { loader: 'ts', format: 'cjs' });
  const module: { exports: Record<string, () => Tool> } = { exports: {} };
  new Function('module', 'require', code)(module, (name: string) => modules.get(name));
  const [create] = Object.values(module.exports);
  if (!create) throw new Error('The example exports nothing');
  return create();
}

async function cancelled(name: string, args: object) {
  const call = client.call(name, name, args as Record<string, unknown>);
  await call.find(({ method }) => method !== undefined);
  await client.cancel(name, 'enough');
  await ended(call);
  expect(call.messages.at(-1)).toMatchObject({
    id: name,
    error: { code: -32800, data: { reason: 'enough' } },
  });
  await server.sessions.find(String(client.session))?.calls.idle();
  return call;
}

const text = async (name: string, args: object) =>
  (await client.tool(name, args as Record<string, unknown>)).result.content[0].text;

test('a signal that throws', async () => {
  expect(await text('wait', { steps: 1 })).toBe('waited 1 steps');
  const began = performance.now();
  await cancelled('wait', { steps: 1000 });
  expect(performance.now() - began).toBeLessThan(5000);
});

test('a flag to poll', async () => {
  expect(await text('count_primes', { limit: 100 })).toBe('25 primes');
  const began = performance.now();
  await cancelled('count_primes', { limit: 1_000_000_000 });
  expect(performance.now() - began).toBeLessThan(5000);
});

test('something to clean up', async () => {
  expect(await text('scribble', { steps: 1 })).toBe('wrote 1 lines');
  const call = await cancelled('scribble', { steps: 1000 });
  const folder = call.messages[0].params.data;
  expect(folder).toContain('scribble-');
  expect(existsSync(folder)).toBe(false);
});
