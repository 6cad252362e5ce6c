import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, prepareDataDir, readConfig } from './config.ts';

function complaints(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  throw new Error('accepted');
}

test('defaults', () => {
  const dataDir = resolve(import.meta.dirname, 'data');
  const defaults = { host: '127.0.0.1', port: 8000, dataDir, logLevel: 'info' };
  expect(readConfig({})).toEqual(defaults);
  expect(readConfig({ HOST: '', PORT: '', DATA_DIR: '', LOG_LEVEL: '' })).toEqual(defaults);
});

test('what is given is used', () => {
  expect(readConfig({ HOST: '::1', PORT: '0', DATA_DIR: '/tmp/../tmp/x', LOG_LEVEL: 'silent' })).toEqual({
    host: '::1',
    port: 0,
    dataDir: '/tmp/x',
    logLevel: 'silent',
  });
});

test.each(['80x', '-1', '65536', '8000.5', '1e3', ' 8000', '999999'])('PORT=%s is refused', (PORT) => {
  expect(complaints({ PORT })).toEqual([
    `PORT=${JSON.stringify(PORT)}: allowed is a whole number from 0 to 65535, 0 for any free port`,
  ]);
});

test('every bad value has its own line', () => {
  expect(complaints({ PORT: 'x', LOG_LEVEL: 'loud', HOST: 'http://a' })).toEqual([
    'HOST="http://a": allowed is an IP address or a host name, without port or brackets',
    'PORT="x": allowed is a whole number from 0 to 65535, 0 for any free port',
    'LOG_LEVEL="loud": allowed is one of fatal, error, warn, info, debug, trace, silent',
  ]);
});

test('a DATA_DIR that is no folder is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-cancellation-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => prepareDataDir(file)).toThrow(ConfigError);
  expect(() => prepareDataDir(join(file, 'below'))).toThrow(
    /^DATA_DIR=.*: allowed is a folder .*\(ENOTDIR\)$/,
  );
  prepareDataDir(join(folder, 'a', 'b'));
  rmSync(folder, { recursive: true });
});
