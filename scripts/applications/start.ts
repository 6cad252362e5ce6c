import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tools } from '../runner/options.ts';
import type { Io } from '../runner/screen.ts';
import { type StartedTarget, startServer } from '../runner/target.ts';
import { install } from './install.ts';

/**
 * Starts a reference server with these tools.
 * @param logFile where everything goes that the server prints
 * @throws Failure (3) where it does not start
 */
export function startOffering(
  tools: Tools,
  logFile: string,
  io: Pick<Io, 'out' | 'signal'>,
): Promise<StartedTarget> {
  return tools === 'applications' ? startApplications(logFile, io) : startServer(logFile);
}

/**
 * Starts a reference server that offers the applications, with a data folder of its own, which is removed when it is
 * stopped. Their packages are installed where they are not.
 * @throws Failure (3) where the packages cannot be installed, or the server does not start
 */
async function startApplications(logFile: string, io: Pick<Io, 'out' | 'signal'>): Promise<StartedTarget> {
  await install(io);
  const dataDir = await mkdtemp(join(tmpdir(), 'mcp-applications-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  const env = { TOOLS: 'applications', DATA_DIR: dataDir };
  const server = await startServer(logFile, env).catch(async (error) => {
    await remove();
    throw error;
  });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await remove();
    },
  };
}
