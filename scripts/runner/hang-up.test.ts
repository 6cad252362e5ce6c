import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { start } from '../../server/broken/ignores-cancel.ts';
import { TestClient } from '../../server/testing.ts';
import { preflight } from '../preflight/preflight.ts';
import { getValue } from './environment.ts';
import { provideHangUpProxy } from './hang-up.ts';
import { main } from './main.ts';
import { runCollection } from './run.ts';
import { environmentOf, fixtureCollection, reporting } from './testing.ts';

const opened: Array<{ close(): Promise<unknown> }> = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const listeners = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;

describe('the hang-up proxy of a run', () => {
  it.each([
    ['the environment names one', { mcpUrl: 'http://127.0.0.1:1/mcp', hangUpUrl: 'http://127.0.0.1:2/mcp' }],
    ['there is no target', { mcpUrl: '', hangUpUrl: '' }],
    ['the target is no address', { mcpUrl: 'http://', hangUpUrl: '' }],
  ])('is not started where %s', async (_what, values) => {
    const environment = environmentOf(values);
    expect(await provideHangUpProxy(environment)).toBeUndefined();
    expect(getValue(environment, 'hangUpUrl')).toBe(values.hangUpUrl);
  });

  it('is told by the name of the variable where it cannot be used', async () => {
    const environment = environmentOf({ mcpUrl: 'http://127.0.0.1:1/mcp', hangUpUrl: '8001' });
    await expect(preflight(environment)).rejects.toMatchObject({
      exitCode: 2,
      message: 'the variable hangUpUrl is "8001": it must be an http:// or https:// address',
    });
  });

  it('serves the scripts of a collection', async () => {
    const server = await start();
    opened.push(server);
    const environment = environmentOf({ mcpUrl: '{{base}}/mcp', base: new URL(server.url).origin });
    const proxy = await provideHangUpProxy(environment);
    if (proxy) opened.push(proxy);
    expect(getValue(environment, 'hangUpUrl')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
    const client = await TestClient.open(server.url);
    opened.push(client);
    const params = {
      name: 'slow',
      arguments: { key: 'k', steps: 10_000, interval_ms: 5 },
      _meta: { progressToken: 'p' },
    };
    const request = {
      url: getValue(environment, 'hangUpUrl'),
      method: 'POST',
      header: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'Mcp-Session-Id': client.session,
        'X-Hang-Up-After-Events': '2',
      },
      body: { mode: 'raw', raw: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }) },
    };
    const test = `${reporting('A-1')}
      pm.test('hung up', (done) => pm.sendRequest(${JSON.stringify(request)}, (error, response) => {
        pm.expect(error).to.equal(null);
        pm.expect(response.text()).to.match(/: hang-up fin; events=2; ms=\\d+\\n\\n$/);
        done();
      }));`;
    const { problems, summary } = await runCollection(
      fixtureCollection([{ name: 'A-1', test }], ['A-1']),
      environment,
      { timeoutMs: 20_000 },
    );
    expect([problems, summary?.run.failures]).toEqual([[], []]);
    const { ticks } = await client.state('k');
    await client.seen('k', (state) => state.ticks >= ticks + 3);
  });

  it('runs as long as the run, however that ends', async () => {
    const server = await start();
    opened.push(server);
    const reportsDir = mkdtempSync(join(tmpdir(), 'mcp-reports-'));
    opened.push({ close: () => rm(reportsDir, { recursive: true }) });
    // The target's own, once those of the test before have gone.
    await vi.waitFor(() => expect(listeners()).toBe(1));
    const during: number[] = [];
    const write = () => during.push(listeners());
    const run = (url: string) =>
      main(['--reports', reportsDir, '--url', url, '--env-var', 'slowTool=slow', '--case', 'S-INIT-1'], {
        env: {},
        out: { write, columns: 80 },
        err: { write },
      });
    expect(await run(server.url)).toBe(0);
    expect(during).toContain(2);
    await vi.waitFor(() => expect(listeners()).toBe(1));
    during.length = 0;
    expect(await run('http://127.0.0.1:1/mcp')).toBe(3);
    expect(during).toContain(2);
    await vi.waitFor(() => expect(listeners()).toBe(1));
  });
});
