import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { judgeKit } from './judge-kit.ts';

/** The Python half of the witness kit, with each version of the SDK that it is made for. */

const SERVER = fileURLToPath(new URL('../../server/kit/server.py', import.meta.url));

const execute = promisify(execFile);

// CI proves the kit, so there a missing Python is a failure.
const skipped = !process.env.CI && spawnSync('python3', ['--version']).status !== 0;
if (skipped) console.warn('The Python half of the witness kit is not tested: there is no python3 here.');

const folder = mkdtempSync(join(tmpdir(), 'mcp-kit-python-'));
afterAll(() => rm(folder, { recursive: true }));

it.skipIf(skipped).for([
  ['1.30.0', 'error 0'],
  ['2.3.0', 'error -32800'],
] as const)('sees by the witness kit that a handler stops, with mcp %s', async ([version, fate]) => {
  const python = await install(version);
  const server = spawn(python, [SERVER], {
    env: { ...process.env, PORT: '0', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const url = `${await address(server)}/mcp`;
    expect(await judgeKit(url, ['L-EFF-1', 'L-EFF-4', 'L-RACE-3'])).toMatchObject([
      { id: 'L-EFF-1', verdict: 'pass', evidence: 'witness' },
      { id: 'L-EFF-4', verdict: 'pass', evidence: 'witness', fate },
      { id: 'L-RACE-3', verdict: 'pass', evidence: 'witness' },
    ]);
  } finally {
    await stop(server);
  }
});

/** A Python of its own with this version of the SDK. */
async function install(version: string): Promise<string> {
  const venv = join(folder, version);
  await execute('python3', ['-m', 'venv', venv]);
  const python = join(venv, 'bin', 'python');
  await execute(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `mcp==${version}`,
  ]);
  return python;
}

/** Where the server says it listens. Its log is read on, as a full pipe would stop it. */
async function address(server: ChildProcess & { stderr: Readable }): Promise<string> {
  const log: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface(server.stderr)
      .on('line', (line) => {
        log.push(line);
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
        if (url) resolve(url);
      })
      .on('close', () => reject(new Error(`the server ended:\n${log.join('\n')}`)));
  });
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  const killer = setTimeout(() => server.kill('SIGKILL'), 6000);
  await exited;
  clearTimeout(killer);
}
