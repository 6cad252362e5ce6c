import { readdir, readlink } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** The temporary files that calls keep in a server's data folder while they work. */
export async function temporaryFiles(dataDir: string): Promise<string[]> {
  return (await readdir(dataDir)).filter((name) => name.startsWith('.partial-'));
}

/**
 * How many files of a folder are open in any process of this user. Linux shows it in `/proc`.
 * @returns undefined on systems that do not
 */
export async function openFiles(folder: string): Promise<number | undefined> {
  const processes = await readdir('/proc').catch(() => undefined);
  if (!processes) return undefined;
  const links = await Promise.all(processes.filter((name) => /^\d+$/.test(name)).map(openIn));
  return links.flat().filter((path) => path.startsWith(folder + sep)).length;
}

/** What a process has open; nothing where it is not ours to look into, or gone. */
async function openIn(pid: string): Promise<string[]> {
  const folder = join('/proc', pid, 'fd');
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')));
}
