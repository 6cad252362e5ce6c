import { access, constants, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { usage } from '../runner/failure.ts';

/** What a new file begins with. */
const HEADING = '# Known failures: a case, or case@revision, and why it is accepted. See README.md.\n';

/**
 * Reads the file of the known failures.
 * @param path where it is
 * @param file as messages name it
 * @param create whether it may be absent, and has to be where it can be written
 * @throws Failure (2) where it cannot be read, or written
 */
export async function readFileOf(
  path: string,
  file: string,
  create: boolean,
): Promise<{ text: string; isNew: boolean }> {
  let text: string | undefined;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!create || code !== 'ENOENT')
      throw usage(
        code === 'ENOENT'
          ? `there are no known failures in ${file}; create it, or let --update-known-failures do so`
          : `the known failures ${file} cannot be read (${code}); name a file`,
      );
  }
  try {
    if (create) await access(dirname(await behindLinks(path)), constants.W_OK);
  } catch (error) {
    throw cannotWrite(file, error);
  }
  return { text: text ?? HEADING, isNew: text === undefined };
}

/**
 * Replaces the file as a whole, or leaves it as it is; a link stays a link.
 * @throws Failure (2) where it cannot be written
 */
export async function writeFileOf(path: string, file: string, text: string): Promise<void> {
  const target = await behindLinks(path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw cannotWrite(file, error);
  }
}

/** What is replaced where the file is a link. */
function behindLinks(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function cannotWrite(file: string, error: unknown) {
  const { code } = error as NodeJS.ErrnoException;
  return usage(`the known failures ${file} cannot be written (${code}); name a file in a folder that can`);
}
