/** The database: a file made once, opened so that nothing can be written, read or set through it, and its few connections. */

import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBInstance, INTEGER } from '@duckdb/node-api';
import { ConfigError, complaint } from '../config.ts';
import { ToolError } from '../tools/tool.ts';
import { BODIES, QUERIES, type QueryName, SCHEMA } from './queries.ts';

export const FILE = 'bodies.duckdb';

/** A query keeps one of libuv's four threads for as long as it runs; files and name lookups need the others. */
const CONNECTIONS = 2;

/** How often a query that shall stop is interrupted until it has. */
const INTERRUPT_AGAIN_MS = 10;

/** What can only be set when the file is opened. */
const OPTIONS = {
  access_mode: 'READ_ONLY',
  threads: '1',
  memory_limit: '128MB',
  // Nothing is spilled to disk: a query that needs more memory fails.
  temp_directory: '',
  enable_external_access: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
};

/** What can only be set afterwards; the last one makes all of it final, on every connection. */
const SETTINGS = [
  // The order of the joins as it is written: else the plan follows guesses, and may build tables beyond the memory limit.
  "SET GLOBAL disabled_optimizers = 'join_order,build_side_probe_side'",
  'SET GLOBAL lock_configuration = true',
];

export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connections: readonly DuckDBConnection[];
  readonly #idle: Set<DuckDBConnection>;
  /** Those that are only being asked, which takes a moment. */
  readonly #asked = new Map<DuckDBConnection, Promise<string>>();
  readonly #running = new Map<DuckDBConnection, Promise<unknown>>();

  private constructor(instance: DuckDBInstance, connections: readonly DuckDBConnection[]) {
    this.#instance = instance;
    this.#connections = connections;
    this.#idle = new Set(connections);
  }

  /**
   * Opens the database of a data folder. Without one it is made, which takes a second or two.
   *
   * @param dataDir absolute
   * @throws ConfigError naming DATA_DIR, if what is there is no database of ours
   */
  static async open(dataDir: string): Promise<Database> {
    const path = join(dataDir, FILE);
    if (!(await stat(path).catch(() => undefined))) await make(path);
    const instance = await DuckDBInstance.create(path, OPTIONS).catch((error: Error) => {
      const advice = `its ${FILE} cannot be opened (${error.message.split('\n')[0]}); remove it, and it is made anew`;
      throw new ConfigError(complaint('DATA_DIR', dataDir, advice));
    });
    const connections = [];
    for (let n = 0; n < CONNECTIONS; n++) {
      const connection = await instance.connect();
      // These belong to a connection, and must be set before the configuration is locked.
      await connection.run('SET enable_progress_bar = true');
      await connection.run('SET enable_progress_bar_print = false');
      await connection.run('SET progress_bar_time = 0');
      connections.push(connection);
    }
    for (const setting of SETTINGS) await connections[0]?.run(setting);
    return new Database(instance, connections);
  }

  /**
   * Takes a connection; who takes one gives it back. One that is only being asked is waited for.
   *
   * @throws ToolError when all are in use
   */
  async take(): Promise<DuckDBConnection> {
    for (;;) {
      for (const connection of this.#idle) {
        this.#idle.delete(connection);
        return connection;
      }
      if (!this.#asked.size) break;
      await Promise.race(this.#asked.values());
    }
    throw new ToolError(
      `All ${CONNECTIONS} connections to the database are in use; try again when one of their queries has ended.`,
    );
  }

  give(connection: DuckDBConnection): void {
    this.#idle.add(connection);
  }

  /** Whether this very connection answers a query now: `answered`, or what is in the way. */
  async answers(connection: DuckDBConnection): Promise<string> {
    const asked = this.#asked.get(connection);
    if (asked) return asked;
    // Taken out, so that no call gets it meanwhile; and never asked in the middle of a call's query, which that would end.
    if (!this.#idle.delete(connection)) return 'not asked: the connection is in use';
    const asking = this.#ask(connection).finally(() => {
      this.#asked.delete(connection);
      this.#idle.add(connection);
    });
    this.#asked.set(connection, asking);
    return asking;
  }

  async #ask(connection: DuckDBConnection): Promise<string> {
    try {
      const rows = (await connection.runAndReadAll('SELECT count(*)::INTEGER FROM bodies')).getRows();
      return rows[0]?.[0] === BODIES ? 'answered' : `a wrong answer: ${JSON.stringify(rows)}`;
    } catch (error) {
      return String(error);
    }
  }

  /**
   * Runs a query, off the event loop.
   *
   * @param rows over how many bodies
   * @param signal interrupts it
   * @returns its rows
   * @throws the engine's own error, which begins with `INTERRUPT Error` when it was interrupted
   */
  async query(connection: DuckDBConnection, name: QueryName, rows: number, signal: AbortSignal) {
    signal.throwIfAborted();
    const query = connection.runAndReadAll(QUERIES[name], { rows }, { rows: INTEGER });
    const settled = query.catch(() => {});
    this.#running.set(connection, settled);
    const stop = () => void interrupt(connection, settled);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return (await query).getRowObjectsJson();
    } finally {
      signal.removeEventListener('abort', stop);
      this.#running.delete(connection);
    }
  }

  /** Interrupts what runs, and closes the file. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map(([connection, settled]) => interrupt(connection, settled)));
    for (const connection of this.#connections) connection.closeSync();
    this.#instance.closeSync();
  }
}

/** An interrupt that comes before the engine has begun is lost, as a query begins by forgetting it. So it is said again. */
async function interrupt(connection: DuckDBConnection, settled: Promise<unknown>): Promise<void> {
  let running = true;
  const done = settled.then(() => {
    running = false;
  });
  while (running) {
    connection.interrupt();
    await Promise.race([done, sleep(INTERRUPT_AGAIN_MS)]);
  }
}

/** Whole or not at all: another server may share the folder. */
async function make(path: string): Promise<void> {
  const made = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const instance = await DuckDBInstance.create(made, { threads: '1' });
    const connection = await instance.connect();
    for (const statement of SCHEMA) await connection.run(statement);
    connection.closeSync();
    instance.closeSync();
    await rename(made, path);
  } finally {
    await rm(made, { force: true });
    await rm(`${made}.wal`, { force: true });
  }
}
