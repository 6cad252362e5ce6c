import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { launch as launchServer } from './process.ts';
import { scrape } from './scrape.ts';
import { TestClient } from './testing.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'mcp-cancellation-'));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

function launch(env: Record<string, string> = {}) {
  const launched = launchServer({ DATA_DIR: dataDir, ...env });
  children.push(launched.child);
  return launched;
}

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s answers what is in flight, and exits with 0',
    async (signal) => {
      const { child, exit, listening } = launch();
      const { type, url } = await listening;
      expect(type).toBe('listening');
      const client = await TestClient.open(url);
      const args = { filename: 'dataset.csv', processing_time: 3600, tick_ms: 50 };
      const calls = [
        client.call('file', 'process_large_file', args),
        client.call('slow', 'slow', { key: 'k', steps: 1000, interval_ms: 60_000 }),
      ];
      await Promise.all(calls.map((call) => call.started()));
      const began = performance.now();
      child.kill(signal);
      // Passed on by npm, a Ctrl-C comes a second time: it must not cut the first one short.
      child.kill(signal);
      for (const call of calls) {
        expect((await call.answer()).error).toEqual({
          code: -32800,
          message: 'Request cancelled',
          data: { reason: 'server is shutting down' },
        });
      }
      const { code, stdout, stderr } = await exit;
      expect([code, stderr]).toEqual([0, '']);
      expect(performance.now() - began).toBeLessThan(5000);
      expect(JSON.parse(String(stdout.split('\n')[0]))).toMatchObject({ url, msg: `listening on ${url}` });
      await client.close();
    },
  );

  test('it ends with the process that forked it, and says where it listens even when silent', async () => {
    const { child, exit, listening } = launch({ LOG_LEVEL: 'silent' });
    const { url } = await listening;
    child.disconnect();
    const { code, stdout } = await exit;
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout).url).toBe(url);
  });
});

test('/metrics of a process tells of the process, too', async () => {
  const { child, exit, listening } = launch({ LOG_LEVEL: 'silent' });
  const measured = await scrape((await listening).url);
  expect(measured.sum('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(measured.sum('nodejs_heap_size_used_bytes')).toBeGreaterThan(0);
  expect(measured.sum('mcp_calls_started_total')).toBe(0);
  child.kill('SIGTERM');
  expect((await exit).code).toBe(0);
});

test('bad values: one line each, exit code 2', async () => {
  const { code, stdout, stderr } = await launch({ PORT: '80x', LOG_LEVEL: 'loud' }).exit;
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/^PORT="80x": allowed is a whole number/),
    expect.stringMatching(/^LOG_LEVEL="loud": allowed is one of/),
  ]);
});

test('a port in use: one line, exit code 2', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { code, stderr } = await launch({ PORT: String(port) }).exit;
  expect(code).toBe(2);
  expect(stderr).toBe(`PORT=${port}: already in use on 127.0.0.1; choose another, or 0 for any free port\n`);
  other.close();
});
