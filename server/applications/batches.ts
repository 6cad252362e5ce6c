/** Where batches keep what they have done: a file each, and of the oldest no more than so many. */

import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** How many outputs are kept; more than may be written at the same time. */
export const KEPT = 20;

export interface Output {
  readonly name: string;
  readonly file: FileHandle;
  /** Counts the items that stand in the file, each of them once; none if it is no longer kept. */
  count(): Promise<number>;
}

export class Batches {
  readonly #path: string;
  readonly #closing = new AbortController();

  /** @param dataDir absolute */
  constructor(dataDir: string) {
    this.#path = join(dataDir, 'batches');
  }

  /** Aborted when no more items are to be begun, whatever becomes of the calls. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#closing.abort();
  }

  /** Creates an output. Who asks for it has to close it; the oldest one is removed. */
  async create(): Promise<Output> {
    await mkdir(this.#path, { recursive: true });
    // By name they are in the order of their making.
    const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomUUID()}.ndjson`;
    const path = join(this.#path, name);
    const file = await open(path, 'wx');
    const others = (await readdir(this.#path)).filter((other) => other.endsWith('.ndjson')).sort();
    for (const old of others.slice(0, -KEPT)) await unlink(join(this.#path, old)).catch(() => {});
    return {
      name,
      file,
      async count() {
        const text = await readFile(path, 'utf8').catch(() => '');
        const lines = text.split('\n').slice(0, -1);
        return new Set(lines.map((line) => JSON.parse(line).item)).size;
      },
    };
  }
}
