import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clip, duration, oneLine } from '../report/text.ts';
import { Failure } from '../runner/failure.ts';
import { ROOT } from '../runner/plan.ts';
import type { Io } from '../runner/screen.ts';

const FOLDER = join(ROOT, 'server', 'applications');

/** So many lines of what npm complains about tell what is wrong. */
const TOLD_LINES = 3;

const LOCK = 'package-lock.json';

/** The lock file that was installed; npm takes it away with all the rest, before it installs anew. */
const INSTALLED = join('node_modules', '.installed-package-lock.json');

/**
 * Installs the packages of the applications, as their lock file has them; does nothing where it has done so before.
 * @param folder where their `package.json` is
 * @throws Failure (3) where npm cannot install them, or the run was interrupted meanwhile
 */
export async function install({ out, signal }: Pick<Io, 'out' | 'signal'>, folder = FOLDER): Promise<void> {
  if (await isInstalled(folder)) return;
  const began = Date.now();
  out.write('installing the packages of the applications: npm ci --prefix server/applications … ');
  try {
    // Under `npm --prefix … run`, npm would take the project's own folder for the one to install.
    await promisify(execFile)('npm', ['ci', '--prefix', '.', '--no-audit', '--no-fund'], {
      cwd: folder,
      shell: process.platform === 'win32',
      ...(signal && { signal }),
    });
    await copyFile(join(folder, LOCK), join(folder, INSTALLED));
  } catch (error) {
    out.write('\n');
    if (signal?.aborted) throw new Failure(3, 'the run was interrupted before it began');
    throw new Failure(3, `the packages of the applications could not be installed: ${complaint(error)}`);
  }
  out.write(`done after ${duration(Date.now() - began)}\n`);
}

/** Whether what we have installed is what the lock file says now; npm's own record can say so of what is not there. */
async function isInstalled(folder: string): Promise<boolean> {
  const [wanted, installed] = await Promise.all(
    [LOCK, INSTALLED].map((file) => readFile(join(folder, file), 'utf8').catch(() => undefined)),
  );
  return wanted !== undefined && wanted === installed;
}

/** What npm says, without its log file and its prefix. */
function complaint(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string };
  const lines = stderr
    .split('\n')
    .flatMap((line) => /^npm (?:error|ERR!) (?<text>.*\w.*)/.exec(line)?.groups?.text ?? []);
  return clip(oneLine((lines.length > 0 ? lines.slice(0, TOLD_LINES) : [message]).join(' / ')), 400);
}
