/** For tests: a server with the applications, and calls of theirs that are at work. */

import { copyFile, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createApp } from '../app.ts';
import { type Config, readConfig } from '../config.ts';
import { type Exchange, type Message, TestClient } from '../testing.ts';
import type { Offer } from '../tools/index.ts';
import { FILE } from './database.ts';
import { createApplications } from './index.ts';

/** Arguments with which a call lasts for minutes. */
export const LONG: Record<string, object> = {
  query_database: { query: 'closest_pairs' },
  train_model: { epochs: 10_000 },
  call_api: { api: 'slow' },
  process_batch: { items: 10_000 },
  run_agent: { goal: 'find out' },
};

export const TOOLS = Object.keys(LONG);

/** Arguments with which it is soon through. */
export const SHORT: Record<string, object> = {
  query_database: { query: 'closest_pairs', rows: 10 },
  train_model: { epochs: 3, samples: 100 },
  call_api: { api: 'slow', seconds: 1 },
  process_batch: { items: 5, item_ms: 10 },
  run_agent: { goal: 'find out', effort: 1 },
};

export interface Started {
  url: string;
  dataDir: string;
  client: TestClient;
  close(reason?: string): Promise<void>;
}

/** A data folder of its own, with a database in it. */
export async function dataFolder(): Promise<string> {
  const dataDir = await mkdtemp(join(inject('applications'), 'data-'));
  await copyFile(join(inject('applications'), FILE), join(dataDir, FILE));
  return dataDir;
}

/**
 * Starts a server on a free port, and a client of it.
 *
 * @param create makes the tools
 * @param capabilities the client's
 */
export async function startApplications({
  create = createApplications,
  capabilities = {},
}: {
  create?: (config: Config) => Promise<Offer>;
  capabilities?: object;
} = {}): Promise<Started> {
  const config = { ...readConfig({}), dataDir: await dataFolder() };
  const app = createApp(config, pino({ level: 'silent' }), await create(config));
  const url = await app.listen();
  const client = new TestClient(url);
  await client.initialize(capabilities);
  return {
    url,
    dataDir: config.dataDir,
    client,
    async close(reason) {
      await app.close(reason);
      await client.close();
    },
  };
}

/** Begins a call whose id and key are one, and waits until its work is under way. */
export async function begin(client: TestClient, tool: string, key: string = tool): Promise<Exchange> {
  const call = client.call(key, tool, { ...LONG[tool], key });
  await call.find(({ method }) => method === 'notifications/progress');
  return call;
}

/** What the resource says of a call. */
export async function inspect(client: TestClient, key: string): Promise<Message> {
  return (await client.tool('inspect', { key })).result.structuredContent;
}

/** Asks the resource until it says so. */
export async function inspected(
  client: TestClient,
  key: string,
  wanted: (found: Message) => boolean,
): Promise<Message> {
  for (;;) {
    const found = await inspect(client, key);
    if (wanted(found)) return found;
  }
}
