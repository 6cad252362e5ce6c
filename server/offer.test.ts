import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { loadOffer } from './offer.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcp-offer-'));
afterAll(() => rmSync(folder, { recursive: true }));

const applications = readConfig({ TOOLS: 'applications' });

/** A module that stands for the applications; another one each time, as modules are loaded once. */
function module(name: string, source: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, source);
  return pathToFileURL(file).href;
}

test('the tools of the reference server need no package of the applications', async () => {
  const { tools } = await loadOffer(readConfig({}), module('unread', 'throw new Error("loaded")'));
  expect(tools.map(({ name }) => name)).toContain('process_large_file');
});

test('the applications are made with the configuration', async () => {
  const source = 'export const createApplications = async ({ port }) => ({ tools: [port] });';
  expect(await loadOffer({ ...applications, port: 7 }, module('sound', source))).toEqual({ tools: [7] });
});

test.each([
  ['a module', 'import "no-such-package";'],
  [
    'a part of CommonJS',
    'import { createRequire } from "node:module"; createRequire(import.meta.url)("no-such");',
  ],
])('%s that is not installed is one line that says what to do', async (name, source) => {
  await expect(loadOffer(applications, module(name, source))).rejects.toMatchObject({
    name: 'ConfigError',
    lines: ['TOOLS="applications": its packages are not installed; run npm ci --prefix server/applications'],
  });
});

test('any other error is what it is', async () => {
  await expect(loadOffer(applications, module('broken', 'null.x'))).rejects.toThrow(TypeError);
});
