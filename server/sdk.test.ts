import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { start } from './sdk.ts';
import { TestClient } from './testing.ts';

const SDK = join(import.meta.dirname, 'sdk.ts');
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('as a program', () => {
  test.each([
    ['SIGTERM', (child: ChildProcess) => child.kill('SIGTERM')],
    ['the end of its parent', (child: ChildProcess) => child.disconnect()],
  ])('says where it listens, and ends with %s', async (_what, end) => {
    const child = spawn(process.execPath, ['--import', 'tsx', SDK], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    }) as ChildProcess & { stdout: Readable };
    children.push(child);
    const [[{ url }], [line]] = await Promise.all([once(child, 'message'), once(child.stdout, 'data')]);
    expect(String(line)).toBe(`listening on ${url}\n`);
    const client = await TestClient.open(url);
    const call = client.call(1, 'slow', { key: 'k', steps: 1000, interval_ms: 50 });
    await call.find(({ method }) => method === 'notifications/progress');
    const exited = once(child, 'exit');
    end(child);
    expect(await exited).toEqual([0, null]);
    await client.close();
  });
});

test('it offers the witness kit and a quick tool, to this machine only', async () => {
  const server = await start();
  const client = await TestClient.open(server.url);
  const { result } = await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }).answer();
  expect(result.tools.map(({ name }: { name: string }) => name)).toEqual(['slow', 'state', 'quick']);
  expect((await client.tool('quick', { text: 'hi' })).result.content[0].text).toBe('hi');
  const rebound = client.post({ jsonrpc: '2.0', id: 2, method: 'ping' }, { host: 'elsewhere.example' });
  await rebound.ended;
  expect(rebound.status).toBe(403);
  await client.close();
  await server.close();
});
