/** A server inside this process, for those that look at one or break one. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type App, createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { createOffer, type Offer } from './tools/index.ts';

export interface Temporary extends App {
  url: string;
  dataDir: string;
}

/**
 * Starts a server on a free port with a data folder of its own; `close` removes both.
 *
 * @param settings those that are not given are the defaults
 * @param change what is offered, made out of what would be
 */
export async function startTemporary(
  settings: Partial<Config>,
  log: Logger,
  change: (offer: Offer) => Offer = (offer) => offer,
): Promise<Temporary> {
  const dataDir = await mkdtemp(join(tmpdir(), 'mcp-cancellation-'));
  const config = { ...readConfig({}), dataDir, ...settings };
  const app = createApp(config, log, change(createOffer(config)));
  const url = await app.listen();
  return {
    ...app,
    url,
    dataDir,
    async close(reason) {
      await app.close(reason);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
