import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { prepareDataDir } from './data-folder.ts';

/** In the order of the README. */
const VARIABLES = [
  'HOST',
  'PORT',
  'DATA_DIR',
  'LOG_LEVEL',
  'CANCEL_REPLY',
  'RESPONSE_MODE',
  'TOOLS',
  'WITNESS',
  'SESSION_IDLE_SECONDS',
  'MAX_SESSIONS',
  'MAX_EVENTS',
  'MAX_EVENT_BYTES',
  'BODY_LIMIT',
  'REQUEST_TIMEOUT_SECONDS',
  'KEEP_ALIVE_SECONDS',
  'AUTH_TOKEN',
  'ALLOWED_HOSTS',
  'ALLOWED_ORIGINS',
];

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
  const loopback = ['localhost', '127.0.0.1', '[::1]'];
  const defaults = {
    host: '127.0.0.1',
    port: 8000,
    dataDir: resolve(import.meta.dirname, 'data'),
    logLevel: 'info',
    cancelReply: 'error',
    responseMode: 'sse',
    tools: 'reference',
    witness: 'on',
    sessionIdleSeconds: 1800,
    maxSessions: 1000,
    maxEvents: 1000,
    maxEventBytes: 262_144,
    bodyLimit: 262_144,
    requestTimeoutSeconds: 30,
    keepAliveSeconds: 120,
    authToken: undefined,
    allowedHosts: loopback,
    allowedOrigins: loopback.flatMap((host) => [`http://${host}:*`, `https://${host}:*`]),
  };
  expect(readConfig({})).toEqual(defaults);
  expect(readConfig(Object.fromEntries(VARIABLES.map((name) => [name, ''])))).toEqual(defaults);
});

test('what is given is used', () => {
  const given: Record<string, string> = {
    HOST: '::1',
    PORT: '0',
    DATA_DIR: '/tmp/../tmp/x',
    LOG_LEVEL: 'silent',
    CANCEL_REPLY: 'none',
    RESPONSE_MODE: 'json',
    TOOLS: 'applications',
    WITNESS: 'off',
    SESSION_IDLE_SECONDS: '60',
    MAX_SESSIONS: '5',
    MAX_EVENTS: '6',
    MAX_EVENT_BYTES: '7',
    BODY_LIMIT: '8',
    REQUEST_TIMEOUT_SECONDS: '9',
    KEEP_ALIVE_SECONDS: '10',
    AUTH_TOKEN: 's3cret',
    ALLOWED_HOSTS: 'mcp.Example.com, [::1]',
    ALLOWED_ORIGINS: 'https://a.example,http://localhost:*,null',
  };
  expect(Object.keys(given)).toEqual(VARIABLES);
  expect(readConfig(given)).toEqual({
    host: '::1',
    port: 0,
    dataDir: '/tmp/x',
    logLevel: 'silent',
    cancelReply: 'none',
    responseMode: 'json',
    tools: 'applications',
    witness: 'off',
    sessionIdleSeconds: 60,
    maxSessions: 5,
    maxEvents: 6,
    maxEventBytes: 7,
    bodyLimit: 8,
    requestTimeoutSeconds: 9,
    keepAliveSeconds: 10,
    authToken: 's3cret',
    allowedHosts: ['mcp.example.com', '[::1]'],
    allowedOrigins: ['https://a.example', 'http://localhost:*', 'null'],
  });
});

test('every variable stands in the README', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(VARIABLES);
});

test.each([
  ['CANCEL_REPLY', 'maybe', 'one of error, none'],
  ['RESPONSE_MODE', 'xml', 'one of sse, json'],
  ['TOOLS', 'all', 'one of reference, applications'],
  ['WITNESS', 'true', 'one of on, off'],
  ['SESSION_IDLE_SECONDS', '0', 'a whole number from 1 to 86400'],
  ['MAX_SESSIONS', '-1', 'a whole number from 1 to 100000'],
  ['MAX_EVENTS', '1.5', 'a whole number from 1 to 100000'],
  ['MAX_EVENT_BYTES', '1k', 'a whole number from 1 to 1000000000'],
  ['BODY_LIMIT', '256kb', 'a whole number from 1 to 1000000000'],
  ['REQUEST_TIMEOUT_SECONDS', '3601', 'a whole number from 1 to 3600'],
  ['ALLOWED_HOSTS', 'a:80', 'a comma-separated list of host names without ports, [::1] with brackets'],
  ['ALLOWED_ORIGINS', 'a.example', 'a comma-separated list of origins such as https://a.example'],
])('%s=%s is refused', (name, value, rule) => {
  expect(complaints({ [name]: value })).toEqual([`${name}=${JSON.stringify(value)}: allowed is ${rule}`]);
});

test('a bad AUTH_TOKEN is not shown', () => {
  expect(complaints({ AUTH_TOKEN: 'my secret' })).toEqual([
    'AUTH_TOKEN=(secret): allowed is visible ASCII characters without spaces',
  ]);
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
