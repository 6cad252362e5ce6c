import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inRepository, openKnownFailures } from './open.ts';
import { resultsOf } from './testing.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-known-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const open = (knownFailures: string | undefined, updateKnownFailures = false) =>
  openKnownFailures({ knownFailures, updateKnownFailures }, { INIT_CWD: dir });
const read = (file: string) => readFileSync(join(dir, file), 'utf8');
const red = () => resultsOf(['2025-11-25', { 'L-EFF-4': 'red' }]);

describe('openKnownFailures', () => {
  it('changes nothing where no file is named', async () => {
    const known = await open(undefined);
    const results = red();
    expect(await known.settle(results)).toEqual({ results, written: '' });
    expect(known.lists('L-EFF-4', '2025-11-25')).toBe(false);
  });

  it('reads the file from where the user stands, and leaves it as it is', async () => {
    writeFileSync(join(dir, 'known.yml'), 'L-EFF-4: slow\n');
    const known = await open('known.yml');
    expect(known.lists('L-EFF-4', '2025-11-25')).toBe(true);
    expect((await known.settle(red())).results).toMatchObject({ exitCode: 0, totals: { known: 1 } });
    expect(readdirSync(dir)).toEqual(['known.yml']);
  });

  it('creates the file, and says what is in it', async () => {
    const known = await open('new.yml', true);
    const { results, written } = await known.settle(red());
    expect(written).toBe('new.yml: added L-EFF-4@2025-11-25.');
    expect(results.exitCode).toBe(0);
    expect(read('new.yml')).toMatch(/^# Known failures: .*\nL-EFF-4@2025-11-25: "seen .*"\n$/);
    expect((await (await open('new.yml')).settle(red())).results.exitCode).toBe(0);
  });

  it('creates one without entries too, as the next run reads it', async () => {
    const none = resultsOf(['2025-11-25', { 'L-EFF-4': 'pass' }]);
    expect((await (await open('new.yml', true)).settle(none)).written).toBe('new.yml: nothing to change.');
    expect((await (await open('new.yml')).settle(none)).results.exitCode).toBe(0);
  });

  it('keeps a link, and leaves nothing beside the file', async () => {
    mkdirSync(join(dir, 'shared'));
    writeFileSync(join(dir, 'shared', 'known.yml'), 'L-NOPE-1: x\n');
    symlinkSync(join('shared', 'known.yml'), join(dir, 'known.yml'));
    const { written } = await (await open('known.yml', true)).settle(red());
    expect(written).toBe('known.yml: added L-EFF-4@2025-11-25; removed L-NOPE-1.');
    expect(lstatSync(join(dir, 'known.yml')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(dir, 'shared'))).toEqual(['known.yml']);
  });

  it('keeps what the run came to where the file can no longer be written', async () => {
    mkdirSync(join(dir, 'gone'));
    const known = await open('gone/known.yml', true);
    rmSync(join(dir, 'gone'), { recursive: true });
    const { results, failed } = await known.settle(red());
    expect(results.exitCode).toBe(1);
    expect(failed).toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/cannot be written \(ENOENT\)/),
    });
  });

  it('tells an error, which is not written', async () => {
    const broken = resultsOf(['2025-11-25', { 'L-EFF-4': 'error', 'L-EFF-1': 'pass' }]);
    expect((await (await open('known.yml', true)).settle(broken)).written).toBe(
      'known.yml: nothing to change. Not written, as an error is always red: L-EFF-4@2025-11-25.',
    );
  });

  it('writes nothing where nothing was established', async () => {
    const { results, written } = await (await open('new.yml', true)).settle({ ...red(), exitCode: 3 });
    expect(results.exitCode).toBe(3);
    expect(written).toBe('new.yml was not written: nothing could be established.');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('writes nothing where the target went away', async () => {
    const lost = { ...red(), problems: ['the target ended during the run'] };
    const { results, written } = await (await open('new.yml', true)).settle(lost);
    expect(results.exitCode).toBe(1);
    expect(written).toBe('new.yml was not written: the target went away.');
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each([
    ['no.yml', false, /^there are no known failures in no\.yml; create it, or let --update-known/],
    ['.', false, /^the known failures \. cannot be read \(EISDIR\); name a file$/],
    [
      'no/known.yml',
      true,
      /^the known failures no\/known\.yml cannot be written \(ENOENT\); name a file in a/,
    ],
    [undefined, true, /^--update-known-failures needs --known-failures <file>/],
  ])('ends with 2 for %s, to be written: %s', async (file, update, why) => {
    await expect(open(file, update)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(why),
    });
  });
});

describe('inRepository', () => {
  it('names the file as the repository does', () => {
    const env = { INIT_CWD: '/home/me/repo/sub', GITHUB_WORKSPACE: '/home/me/repo' };
    expect(inRepository('known.yml', env)).toBe('sub/known.yml');
    expect(inRepository('../../known.yml', env)).toBe('../../known.yml');
    expect(inRepository('known.yml', { INIT_CWD: '/home/me/repo' })).toBe('known.yml');
  });
});
