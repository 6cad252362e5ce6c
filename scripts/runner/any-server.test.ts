import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAround } from '../../server/broken/around.ts';
import { respond } from '../../server/broken/exchange.ts';
import { start as startIgnoring } from '../../server/broken/ignores-cancel.ts';
import { instead } from '../../server/broken/layers.ts';
import { start as startNeverEnding } from '../../server/broken/never-ends-stream.ts';
import { startTemporary } from '../../server/temporary.ts';
import { runMain, variables } from './run-main.ts';

/** Servers as they are out there: what each comes to, and the line that says why. */

const CORE = ['--collection', 'mcp-cancellation', '--case', 'L-EFF-1', '--case', 'L-EFF-4'];
const WITNESS = variables('slowTool=slow', 'stateTool=state', 'settleMs=800');

async function kept(starting: Promise<{ url: string; close(): Promise<unknown> }>): Promise<string> {
  const server = await starting;
  onTestFinished(async () => void (await server.close()));
  return server.url;
}

const silent = pino({ level: 'silent' });

/** A server without sessions, where a posted cancel reaches nothing: every call runs to its end. */
async function sessionless(): Promise<string> {
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { id, method, params } = body ? JSON.parse(body) : {};
    if (id === undefined) return response.writeHead(request.method === 'POST' ? 202 : 405).end();
    const { steps = 0, interval_ms = 0 } = params?.arguments ?? {};
    if (method === 'tools/call') await delay(steps * interval_ms, undefined, { ref: false });
    const result = {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'sessionless', version: '1' },
      },
      'tools/list': { tools: [{ name: 'slow', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [] },
    }[method as string];
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ jsonrpc: '2.0', id, result: result ?? {} }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

describe('a server that', () => {
  it('does not honour cancels is red, and a stranger can read why', async () => {
    const { exitCode, screen, cases } = await runMain([
      ...['--url', await kept(startIgnoring()), ...CORE, ...WITNESS],
    ]);
    expect(exitCode).toBe(1);
    expect(
      cases()
        .filter(({ red }) => red)
        .map(({ id }) => id),
    ).toEqual(['L-EFF-1', 'L-EFF-4']);
    expect(screen).toMatch(/^Red: 2 of 2 cases against .*:\sL-EFF-1, L-EFF-4\.$/ms);
    expect(screen).toMatch(/^L-EFF-1 {2}The handler stops/m);
    expect(screen).toMatch(/seen {6}still ticking 800 ms after the cancel/);
    expect(screen).toMatch(
      /again {5}npm run newman -- --case L-EFF-1 --collection mcp-cancellation --url http/,
    );
    expect(screen.replace(/\s+/g, ' ')).toMatch(
      /Suite policy, not a MUST: red because strict=effect demands this effect of a cancellation/,
    );
  });

  it('never ends the stream is red, and the run does not hang with it', async () => {
    const { exitCode, screen, cases } = await runMain([
      ...['--url', await kept(startNeverEnding()), ...CORE, ...WITNESS],
    ]);
    expect(exitCode).toBe(1);
    expect(cases()).toMatchObject([
      { id: 'L-EFF-1', verdict: 'pass', evidence: 'witness' },
      { id: 'L-EFF-4', verdict: 'warn', red: true },
    ]);
    expect(screen).toMatch(/seen {6}left open 800 ms after the cancel/);
  });

  it('has no witness is judged by what can be seen', async () => {
    const { exitCode, screen, cases } = await runMain([
      ...['--url', await kept(startNeverEnding()), ...CORE, '--strict', 'must'],
      ...variables('slowTool=slow', 'settleMs=800'),
    ]);
    expect(exitCode).toBe(0);
    expect(cases()).toMatchObject([
      { id: 'L-EFF-1', verdict: 'not observed', evidence: 'inferred' },
      { id: 'L-EFF-4', verdict: 'warn', red: false, fate: 'left open' },
    ]);
    expect(screen).toMatch(/^ {2}- no witness \(stateTool is empty\): nothing shows/m);
  });

  it('has no sessions is red: a posted cancel cannot reach its call', async () => {
    const { exitCode, screen } = await runMain([
      ...['--collection', 'mcp-cancellation', '--url', await sessionless()],
      ...['--case', 'L-EFF-1', '--case', 'L-EFF-7', ...variables('slowTool=slow', 'settleMs=400')],
    ]);
    expect(exitCode).toBe(1);
    expect(screen).toMatch(/^ {2}- it is stateless \(no Mcp-Session-Id\): a posted cancel carries/m);
    // Seen long after the exchange was given up on.
    expect(screen).toMatch(/seen {6}the call ran to its result, \d+ ms after the cancel/);
    expect(screen.match(/^[A-Z]-[A-Z]+-\d+ {2}/gm)).toEqual(['L-EFF-1  ', 'L-EFF-7  ']);
  });

  it('answers in JSON is good, and what a stream would show is not observed', async () => {
    const url = await kept(startTemporary({ responseMode: 'json' }, silent));
    const { exitCode, screen, cases } = await runMain(['--url', url, ...CORE, ...WITNESS]);
    expect(screen).toMatch(/^Good: 2 of 2 cases pass/m);
    expect(exitCode).toBe(0);
    expect(screen).toMatch(/^ {2}- it answers calls with JSON, not with a stream: what only a stream shows/m);
    expect(cases().map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
  });

  it('is behind a bearer token is good with it, and says what it wants without', async () => {
    const url = await kept(startTemporary({ authToken: 'open-sesame' }, silent));
    const env = { MCP_AUTHORIZATION: 'Bearer open-sesame' };
    const { exitCode, screen } = await runMain(['--url', url, ...CORE, ...WITNESS], { env });
    expect(screen).toMatch(/^Good: 2 of 2 cases pass/m);
    expect(screen).not.toContain('open-sesame');
    expect(exitCode).toBe(0);
    const without = await runMain(['--url', url, ...CORE, ...WITNESS]);
    expect(without.exitCode).toBe(3);
    expect(without.screen.replace(/\s+/g, ' ')).toContain(
      'wants authorization (HTTP 401): set MCP_AUTHORIZATION="Bearer …"',
    );
  });

  it('answers DELETE with 405 is good, and it is told what that costs', async () => {
    const url = await kept(
      startAround({
        layer: instead(
          ({ method }) => method === 'DELETE',
          () => respond(405),
        ),
      }),
    );
    const { exitCode, screen } = await runMain(['--url', url, ...CORE, ...WITNESS]);
    expect(screen).toMatch(/^Good: 2 of 2 cases pass/m);
    expect(screen).toMatch(/^ {2}- it does not let a client end a session \(HTTP 405 to DELETE\): a call/m);
    expect(exitCode).toBe(0);
  });

  it('dies in the middle is red', async () => {
    const server = await startIgnoring();
    const cases = ['--collection', 'mcp-cancellation', '--case', 'S-*', '--case', 'L-RACE-1'];
    const { exitCode, screen } = await runMain(['--url', server.url, ...WITNESS, ...cases], {
      onOutput: (text) => {
        if (text.includes('S-INIT-1')) void server.close();
      },
    });
    expect(exitCode).toBe(1);
    expect(screen).toMatch(/^Red: 3 of 4 cases/m);
    expect(screen).toMatch(
      /error {5}initialize was not answered with a result: no response\s+\(ECONNREFUSED\)/,
    );
    expect(screen).toMatch(/^ {2}- the target no longer answers \(ECONNREFUSED\): it ended during the run/m);
  });
});
