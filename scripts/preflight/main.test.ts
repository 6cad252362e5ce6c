import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { start as startIgnoring } from '../../server/broken/ignores-cancel.ts';
import { TEST_CERTIFICATE } from '../proxy/testing.ts';
import { runMain } from '../runner/run-main.ts';

/** What is found before any case, as a user reads it. */

/** A server that is none of ours: answers every request alike. */
async function plainServer(status: number, body: string): Promise<string> {
  const server = http.createServer((_request, response) => response.writeHead(status).end(body));
  return `http://127.0.0.1:${await listen(server)}/mcp`;
}

async function selfSigned(): Promise<string> {
  return `https://127.0.0.1:${await listen(tls.createServer(TEST_CERTIFICATE))}/mcp`;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('the preflight', () => {
  it.each([
    [
      'nobody listens',
      async () => 'http://127.0.0.1:1/mcp',
      /is not reachable \(ECONNREFUSED\): start the server/,
    ],
    [
      'its certificate is signed by nobody',
      () => selfSigned(),
      /is not reachable \(DEPTH_ZERO_SELF_SIGNED_CERT\): its certificate is not trusted; NODE_EXTRA_CA_CERTS=/,
    ],
    [
      'it is no MCP server',
      () => plainServer(200, 'hello'),
      /does not answer initialize like an MCP server: HTTP 200 hello; correct/,
    ],
    [
      'it wants authorization',
      () => plainServer(401, ''),
      /wants authorization \(HTTP 401\): set MCP_AUTHORIZATION="Bearer …"/,
    ],
    [
      'it forbids what it is sent',
      () => plainServer(403, 'no tenant'),
      /refuses initialize: HTTP 403 no tenant; correct the variables authorization and headers/,
    ],
    [
      'it speaks only the next revision',
      () => plainServer(400, '{"jsonrpc":"2.0","id":0,"error":{"code":-32022,"message":"unsupported"}}'),
      /speaks only revision 2026-07-28/,
    ],
  ])('ends with 3 where %s', async (_what, url, why) => {
    const { exitCode, screen, results } = await runMain(['--url', await url(), '--env-var', 'slowTool=slow']);
    expect(exitCode).toBe(3);
    expect(screen.replace(/\s+/g, ' ')).toMatch(why);
    expect(results()).toMatchObject({ exitCode: 3, runs: [] });
  });

  it.each([
    [
      'a misspelt tool',
      ['--env-var', 'slowTool=slwo'],
      /slowTool is "slwo", which the target does not list; its tools: .*slow/,
    ],
    [
      'no slow tool',
      [],
      /no slow tool is named: .*It has these tools: slow\(key, steps, interval_ms\) .*Add, for example: --env-var slowTool=slow --env-var 'slowArguments=\{"key":"\$key","steps":"\$steps","interval_ms":"\$intervalMs"\}' --env-var stateTool=state/,
    ],
    [
      'a tool that is over at once',
      ['--env-var', 'slowTool=quick', '--env-var', 'slowArguments={"text":"x"}'],
      /"quick" is over too soon to be cancelled with slowArguments \{"text":"x"\}/,
    ],
    [
      'a setting that cannot be used',
      ['--env-var', 'slowTool=slow', '--env-var', 'settleMs=soon'],
      /settleMs is "soon": it must be a whole number/,
    ],
    [
      'arguments that the tool refuses',
      ['--env-var', 'slowTool=slow', '--env-var', 'slowArguments={"step": 3}'],
      /does not accept slowTool "slow" with slowArguments \{"step":3\}: .*key/,
    ],
    [
      'arguments that are no JSON',
      ['--env-var', 'slowTool=slow', '--env-var', 'slowArguments={key}'],
      /slowArguments must be a JSON object, .* it reads: \{key\}/,
    ],
    [
      'headers that are no JSON',
      ['--env-var', 'slowTool=slow', '--env-var', 'headers=X: hidden'],
      /the variable headers is "\*\*\*": it must be a JSON object/,
    ],
  ])('ends with 2 for %s, and names the variable', async (_what, args, why) => {
    const server = await startIgnoring();
    onTestFinished(() => server.close());
    const { exitCode, screen } = await runMain(['--url', server.url, ...args]);
    expect(exitCode).toBe(2);
    expect(screen.replace(/\s+/g, ' ')).toMatch(why);
  });

  it('says with --dry-run what would run, and runs nothing', async () => {
    const server = await startIgnoring();
    onTestFinished(() => server.close());
    const args = ['--url', server.url, '--dry-run', '--env-var', 'authorization=Bearer hidden'];
    const { exitCode, screen, files } = await runMain([...args, '--env-var', 'slowTool=slow']);
    expect(exitCode).toBe(0);
    expect(screen).toMatch(/\(ignores-cancel 1\.0\.0\)\s+answers, and takes the tools\s+as they are set\.$/m);
    expect(screen).toMatch(/^ {2}conformance-2025 2025-03-26: 68 cases$/m);
    expect(screen).toMatch(/^ {2}slowTool +slow$/m);
    expect(screen).toMatch(/^ {2}authorization +\*\*\*$/m);
    expect(files).toEqual([]);
  });

  it('ends with --dry-run as the run would, where it could not begin', async () => {
    const { exitCode, screen } = await runMain(['--url', 'http://127.0.0.1:1/mcp', '--dry-run']);
    expect(exitCode).toBe(3);
    expect(screen).toMatch(/^http:\/\/127\.0\.0\.1:1\/mcp is not reachable \(ECONNREFUSED\).*\n$/);
  });
});
