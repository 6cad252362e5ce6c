import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { startTemporary } from '../temporary.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** `npm run broken`, with a folder of its own for what is temporary. */
async function broken(args: string[], env: Record<string, string> = {}) {
  const temporary = await mkdtemp(join(tmpdir(), 'mcp-broken-'));
  onTestFinished(() => rm(temporary, { recursive: true }));
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    env: { ...process.env, PORT: '0', ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  // The loader keeps a folder of its own there.
  const left = async () => (await readdir(temporary)).filter((name) => name.startsWith('mcp-'));
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]).then(
    async ([[code], complaint]) => [code, complaint, await left()] as const,
  );
  return { child, left, ended };
}

test.each(['SIGINT', 'SIGTERM'] as const)('ends with %s, and leaves nothing behind', async (signal) => {
  const { child, left, ended } = await broken(['disconnect-cancels']);
  await once(child.stdout, 'data');
  expect(await left()).toHaveLength(1);
  child.kill(signal);
  expect(await ended).toEqual([0, '', []]);
});

test('says in one line that its port is taken', async () => {
  const other = await startTemporary({}, pino({ level: 'silent' }));
  onTestFinished(() => other.close());
  const PORT = new URL(other.url).port;
  const complaint = `PORT=${PORT}: already in use; choose another, or 0 for any free port\n`;
  expect(await (await broken(['disconnect-cancels'], { PORT })).ended).toEqual([2, complaint, []]);
});

test.each([
  [['nonsense'], {}, 'there is no broken server "nonsense"; npm run broken lists them\n'],
  [['cancel-200'], { PORT: 'x' }, 'PORT=x: allowed is a whole number from 0 to 65535\n'],
])('%j with %j is wrong usage', async (args, env, complaint) => {
  expect(await (await broken(args, env)).ended).toEqual([2, complaint, []]);
});

test('lists the servers where none is named', async () => {
  const { child, ended } = await broken([]);
  expect(await text(child.stdout)).toContain('\ncancel-200 ');
  expect(await ended).toEqual([0, '', []]);
});
