import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { launch as launchServer } from './process.ts';
import { scrape } from './scrape.ts';
import { type Message, TestClient } from './testing.ts';

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

  test('killed and started again: the old session is 404, and its client can begin again', async () => {
    const killed = launch();
    const first = await killed.listening;
    const client = await TestClient.open(first.url);
    const args = { filename: 'dataset.csv', processing_time: 3600, tick_ms: 10 };
    const call = client.call(1, 'process_large_file', args);
    const listening = client.post(undefined, {}, 'GET');
    await call.find(({ params }) => params?.progress === 3);
    killed.child.kill('SIGKILL');
    await expect(call.ended).rejects.toThrow();
    await expect(listening.ended).rejects.toThrow();
    await killed.exit;

    const { url } = await launch({ PORT: new URL(first.url).port }).listening;
    expect(url).toBe(first.url);
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const back = { 'last-event-id': call.events.at(-1).id };
    for (const [method, headers] of [['POST'], ['GET'], ['GET', back], ['DELETE']] as const) {
      const refused = client.post(ping, headers, method);
      expect(await refused.answer(), method).toMatchObject({ id: null, error: { code: -32001 } });
      expect(refused.status).toBe(404);
    }
    const old = client.session;
    client.session = undefined;
    await client.initialize();
    expect(client.session).not.toBe(old);
    const again = await client.tool('process_large_file', { ...args, processing_time: 1 });
    expect(again.result.structuredContent).toMatchObject({ lines: 801 });
    // Of the killed one's, as the README says: nothing else can tell whether its owner still lives.
    expect(readdirSync(dataDir).filter((name) => name.startsWith('.'))).toHaveLength(1);
    await client.close();
  });

  test.each(['sse', 'json'])(
    'SIGTERM under load: every exchange has its ending, %s',
    async (responseMode) => {
      const { child, exit, listening } = launch({ RESPONSE_MODE: responseMode });
      const { url } = await listening;
      const clients = await Promise.all(Array.from({ length: 10 }, () => TestClient.open(url)));
      const calls = clients.flatMap((client, c) =>
        Array.from({ length: 40 }, (_, i) => {
          // Some would go on for a minute: the process does not wait for them.
          const name = i === 0 ? 'stubborn' : 'slow';
          return client.call(i, name, { key: `${c}-${i}`, steps: 100, interval_ms: 1000 });
        }),
      );
      const health = async () => (await fetch(new URL('/healthz', url))).json() as Promise<Message>;
      await expect.poll(health, { timeout: 20_000 }).toMatchObject({ calls_in_flight: calls.length });
      const began = performance.now();
      child.kill('SIGTERM');
      for (const [i, call] of calls.entries()) {
        const reason = 'server is shutting down';
        expect(await call.answer()).toMatchObject({ id: i % 40, error: { code: -32800, data: { reason } } });
      }
      const { code, stderr } = await exit;
      expect([code, stderr]).toEqual([0, '']);
      expect(performance.now() - began).toBeLessThan(5000);
      await Promise.all(clients.map((client) => client.close()));
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

test.each(['a file', 'below a file'])('a DATA_DIR that is %s: one line, exit code 2', async (where) => {
  const file = join(dataDir, 'file');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(file, '');
  const { code, stdout, stderr } = await launch({ DATA_DIR: where === 'a file' ? file : join(file, 'data') })
    .exit;
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^DATA_DIR=".*": allowed is a folder that can be written to \(E\w+\)\n$/);
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
