import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../../server/config.ts';
import { usage } from '../runner/failure.ts';
import { type StartedTarget, startServer } from '../runner/target.ts';

/** How a server of our own may be told to answer. */
const PASSED_ON = ['CANCEL_REPLY', 'RESPONSE_MODE'];

/** A server of our own. */
export interface OwnServer extends StartedTarget {
  /** Where it keeps its files. */
  dataDir: string;
}

/**
 * Starts a reference server at a free port, with a folder of its own, which is removed when it is stopped.
 * @throws Failure (2) for a setting it does not know; (3) where it does not start, and then its log is left
 */
export async function startOwnServer(env: NodeJS.ProcessEnv): Promise<OwnServer> {
  const settings = Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  check(settings);
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mcp-demo-')));
  const dataDir = join(folder, 'data');
  const server = await startServer(join(folder, 'server.log'), { ...settings, DATA_DIR: dataDir });
  return {
    url: server.url,
    dataDir,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Here, because what a server says that does not start is only in its log. */
function check(settings: Record<string, string>): void {
  try {
    readConfig(settings);
  } catch (error) {
    throw error instanceof ConfigError ? usage(error.message) : error;
  }
}
