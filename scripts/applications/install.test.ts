import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { scratch } from '../runner/run-main.ts';
import { install } from './install.ts';

const npm = (cwd: string, ...args: string[]) =>
  promisify(execFile)('npm', [...args, '--prefix', '.', '--offline', '--no-audit', '--no-fund'], { cwd });

/** A package that needs another one, which is a file beside it: the real npm, and no network. */
async function project() {
  const folder = scratch();
  const need = async (version: string) => {
    const source = join(folder, version);
    mkdirSync(source);
    writeFileSync(join(source, 'package.json'), JSON.stringify({ name: 'needed', version }));
    await npm(source, 'pack', '--pack-destination', '..');
    const dependencies = { needed: `file:needed-${version}.tgz` };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'project', dependencies }));
    await npm(folder, 'install', '--package-lock-only');
  };
  let screen = '';
  return {
    folder,
    need,
    async install(signal?: AbortSignal) {
      screen = '';
      const out = { write: (text: string) => (screen += text) };
      await install({ out, ...(signal && { signal }) }, folder);
      return screen;
    },
    version: async () =>
      JSON.parse(await readFile(join(folder, 'node_modules/needed/package.json'), 'utf8')).version,
  };
}

const INSTALLED =
  /^installing the packages of the applications: npm ci --prefix server\/applications … done after .+\n$/;

test('installs what the lock file says, and again only when that has changed', async () => {
  const { install, need, version } = await project();
  await need('1.0.0');
  expect(await install()).toMatch(INSTALLED);
  expect(await version()).toBe('1.0.0');
  expect(await install()).toBe('');
  await need('2.0.0');
  expect(await install()).toMatch(INSTALLED);
  expect(await version()).toBe('2.0.0');
});

test('says in one line why npm cannot install them', async () => {
  const { folder, install, need } = await project();
  await need('1.0.0');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { other: '1.0.0' } }));
  await expect(install()).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(
      /^the packages of the applications could not be installed: code EUSAGE \/ .*npm ci/,
    ),
  });
});

test('an interrupted run installs nothing', async () => {
  const { install, need } = await project();
  await need('1.0.0');
  await expect(install(AbortSignal.abort())).rejects.toMatchObject({
    exitCode: 3,
    message: 'the run was interrupted before it began',
  });
});
