/** A small server as a program: started by its own file, and ended by whoever started it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** The process is gone this many milliseconds after it was told to end, closed or not. */
const CLOSE_MS = 1000;

/** A server that listens. */
export interface StartedServer {
  /** The MCP endpoint. */
  url: string;
  /** Drops every connection, stops listening, and ends every session. */
  close(): Promise<void>;
}

/** Starts one server. */
export type Start = (options?: { port?: number }) => Promise<StartedServer>;

/**
 * Runs the server if its file is the one that Node was started with.
 *
 * @param moduleUrl `import.meta.url` of that file
 */
export async function runIfMain(moduleUrl: string, start: Start): Promise<void> {
  if (moduleUrl === pathToFileURL(process.argv[1] ?? '').href) await run(start);
}

/**
 * Runs a server at PORT (0, a free one, if not set), telling a parent process `{type: 'listening', url}`, and ending
 * with it.
 */
export async function run(start: Start): Promise<void> {
  const { PORT = '0' } = process.env;
  const refuse = (why: string): never => {
    console.error(`PORT=${PORT}: ${why}`);
    process.exit(2);
  };
  if (!/^\d+$/.test(PORT) || Number(PORT) > 65_535) refuse('allowed is a whole number from 0 to 65535');
  const { url, close } = await start({ port: Number(PORT) }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') refuse('already in use; choose another, or 0 for any free port');
    throw error;
  });
  let stopping = false;
  // Ctrl-C reaches us twice under npm. And a broken server may not be able to close.
  const stop = () => {
    if (stopping) return;
    stopping = true;
    Promise.race([close(), sleep(CLOSE_MS)]).finally(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(signal, stop);
  console.log(`listening on ${url}`);
  process.send?.({ type: 'listening', url });
}
