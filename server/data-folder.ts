/** The folder that tools may read files from and keep temporary files in. Nothing outside it can be named. */

import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ConfigError, complaint } from './config.ts';
import { ToolError } from './tools/tool.ts';

/** The lesson's two files, and how many rows each of them has. */
const SAMPLES = { 'large_dataset.csv': 8000, 'dataset.csv': 800 } as const;

/**
 * Makes sure that the data folder is there and can be written to.
 *
 * @throws ConfigError naming DATA_DIR
 */
export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const rule = `allowed is a folder that can be written to (${code})`;
    throw new ConfigError(complaint('DATA_DIR', dataDir, rule));
  }
}

export class DataFolder {
  readonly #path: string;
  #ready: Promise<void> | undefined;

  /** @param path absolute; made when it is first needed */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Opens a file of this folder for reading.
   *
   * @param name relative to the folder
   * @throws ToolError saying what is wrong with the name, and which files there are
   */
  async open(name: string): Promise<FileHandle> {
    await this.#prepare();
    const refuse = async (why: string) => {
      return new ToolError(
        `Cannot process ${JSON.stringify(name)}: ${why}. Files there are: ${await this.#list()}.`,
      );
    };
    const outside = 'it leaves the data folder';
    const root = await realpath(this.#path);
    if (name.includes('\0') || isAbsolute(name) || !within(root, resolve(root, name)))
      throw await refuse(outside);
    const real = await realpath(resolve(root, name)).catch(() => undefined);
    if (real === undefined) throw await refuse('there is no such file');
    if (!within(root, real)) throw await refuse(outside);
    // Looked at before it is opened, as opening a pipe would wait for its writer; and the link, not what it leads to.
    if (!(await lstat(real)).isFile()) throw await refuse('it is not a file');
    return open(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  }

  /** Creates a new temporary file. Who asks for it has to close and remove it. */
  async temporary(): Promise<{ path: string; file: FileHandle }> {
    await this.#prepare();
    const path = join(this.#path, `.partial-${randomUUID()}`);
    return { path, file: await open(path, 'wx') };
  }

  async #list(): Promise<string> {
    const entries = await readdir(this.#path, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
    const more = names.length > 20 ? `, and ${names.length - 20} more` : '';
    return `${names.sort().slice(0, 20).join(', ')}${more}`;
  }

  #prepare(): Promise<void> {
    this.#ready ??= this.#writeSamples().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #writeSamples(): Promise<void> {
    await mkdir(this.#path, { recursive: true });
    for (const [name, rows] of Object.entries(SAMPLES)) {
      const path = join(this.#path, name);
      if (await stat(path).catch(() => undefined)) continue;
      const written = join(this.#path, `.sample-${randomUUID()}`);
      try {
        await writeFile(written, sample(rows));
        // Whole or not at all: another server may share the folder, and a call may read the file right now.
        await rename(written, path);
      } catch (error) {
        await unlink(written).catch(() => {});
        throw error;
      }
    }
  }
}

function within(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The same text every time, about 25 bytes a row. */
function sample(rows: number): string {
  let seed = 1;
  let text = 'id,sensor,value\n';
  for (let row = 1; row <= rows; row++) {
    seed = (seed * 48271) % 2147483647;
    text += `${String(row).padStart(6, '0')},sensor-${String(seed % 100).padStart(2, '0')},${((seed % 100_000) / 100).toFixed(2)}\n`;
  }
  return text;
}
