/** A small server as a program: started by its own file, and ended by whoever started it. */

import { pathToFileURL } from 'node:url';

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
  const { url } = await start({ port: Number(process.env.PORT ?? 0) });
  console.log(`listening on ${url}`);
  process.send?.({ type: 'listening', url });
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
}
