import { spawn } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { start as startIgnoring } from '../../server/broken/ignores-cancel.ts';
import { start as startNeverEnding } from '../../server/broken/never-ends-stream.ts';
import { main } from './main.ts';
import type { Results } from './results.ts';

/** The runner as a user meets it: a command line in, an exit code, a screen and reports out. */

const stops: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const scratch: string[] = [];
afterAll(async () => {
  for (const dir of scratch) await rm(dir, { recursive: true });
});

async function run(
  args: string[],
  { env = {}, onOutput = (_text: string) => {}, signal = new AbortController().signal } = {},
) {
  const reportsDir = mkdtempSync(join(tmpdir(), 'mcp-reports-'));
  scratch.push(reportsDir);
  let screen = '';
  const write = (text: string) => {
    screen += text;
    onOutput(text);
  };
  const exitCode = await main(['--reports', reportsDir, ...args], {
    env,
    out: { write, columns: 80 },
    err: { write },
    signal,
  });
  const files = readdirSync(reportsDir);
  const read = (file: string) => readFileSync(join(reportsDir, file), 'utf8');
  const results = (): Results => JSON.parse(read('results.json'));
  return { exitCode, screen, files, read, results, reportsDir };
}

async function target(start: typeof startIgnoring): Promise<string[]> {
  const server = await start();
  stops.push(() => server.close());
  return [
    '--url',
    server.url,
    '--env-var',
    'slowTool=slow',
    '--env-var',
    'stateTool=state',
    '--env-var',
    'settleMs=800',
  ];
}

/** The first collection: the other one takes longer, and nothing here depends on which it is. */
const FIRST = ['--collection', 'mcp-cancellation'];

/** The cases by which a server that cancels badly is told. */
const CANCELS = [
  ...FIRST,
  '--folder',
  'Cancel a call in flight',
  '--folder',
  'Races',
  '--case',
  'L-EFF-*',
  '--case',
  'R-*',
  '--case',
  'L-RACE-1',
];

const variable = (text: string) => ['--env-var', text];

/** A server that is none of ours: answers every request alike. */
async function plainServer(status: number, body: string): Promise<string> {
  const server = http.createServer((_request, response) => response.writeHead(status).end(body));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

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
  stops.push(async () => server.closeAllConnections());
  stops.push(async () => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

describe('npm run newman', () => {
  it('is green against the reference server, and writes every report', async () => {
    const { exitCode, screen, files, read, results } = await run(FIRST);
    expect(screen).toMatch(/^Good: 17 of 17 cases pass against/m);
    expect(exitCode).toBe(0);
    expect(files.sort()).toEqual([
      'index.html',
      'mcp-cancellation.html',
      'mcp-cancellation.xml',
      'results.json',
      'server.log',
    ]);
    const {
      totals,
      suite,
      runs,
      target: { server },
    } = results();
    expect(totals).toMatchObject({ cases: 17, pass: 17, red: 0, error: 0 });
    expect(totals.assertions).toBeGreaterThanOrEqual(40);
    expect(suite.name).toBe('mcp-cancellation-suite');
    expect(server?.name).toBe('mcp-cancellation-reference-server');
    const stopped = runs[0]?.cases.find(({ id }) => id === 'L-EFF-1');
    expect(stopped).toMatchObject({ verdict: 'pass', fate: 'error -32800', evidence: 'witness' });
    expect(read('mcp-cancellation.html')).toContain('notifications/cancelled');
    for (const line of screen.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('turns red where cancels are ignored, and a stranger can read why', async () => {
    const { exitCode, screen, results } = await run([...(await target(startIgnoring)), ...CANCELS]);
    expect(exitCode).toBe(1);
    const red = results().runs.flatMap(({ cases }) => cases.filter((one) => one.red).map(({ id }) => id));
    expect(red).toEqual(['L-EFF-1', 'L-EFF-4']);
    expect(screen).toMatch(/L-EFF-1 {2}The handler stops/);
    expect(screen).toMatch(/seen {6}still ticking 800 ms after the cancel/);
    expect(screen).toMatch(
      /again {5}npm run newman -- --case L-EFF-1 --collection mcp-cancellation --revision 2025-11-25 --url http/,
    );
  });

  it('turns red where the stream never ends, and does not hang with it', async () => {
    const { exitCode, screen, results } = await run([...(await target(startNeverEnding)), ...CANCELS]);
    expect(exitCode).toBe(1);
    const cases = results().runs.flatMap((one) => one.cases);
    expect(cases.filter((one) => one.red).map(({ id }) => id)).toEqual(['L-EFF-4']);
    expect(cases.find(({ id }) => id === 'L-EFF-1')).toMatchObject({ verdict: 'pass', evidence: 'witness' });
    expect(cases.find(({ id }) => id === 'R-FILE-1')?.checks[0]?.observed).toMatch(/names no fileTool/);
    expect(screen).toMatch(/seen {6}left open 800 ms after the cancel/);
  });

  it('says what it could not see where there is no witness', async () => {
    const server = await startNeverEnding();
    stops.push(() => server.close());
    const { exitCode, results } = await run([
      ...[...FIRST, '--url', server.url, '--env-var', 'slowTool=slow', '--env-var', 'settleMs=800'],
      ...['--case', 'L-EFF-1', '--case', 'L-EFF-4', '--strict', 'must'],
    ]);
    expect(exitCode).toBe(0);
    const cases = results().runs.flatMap((one) => one.cases);
    expect(cases).toMatchObject([
      { id: 'L-EFF-1', verdict: 'not observed', evidence: 'none' },
      { id: 'L-EFF-4', verdict: 'warn', red: false, fate: 'left open' },
    ]);
  });

  it('never uses an id twice in a session, however long a call takes', async () => {
    const args = [
      ...(await target(startIgnoring)),
      '--env-var',
      'intervalMs=150',
      ...FIRST,
      '--case',
      'L-ID-2',
    ];
    const { results } = await run(args);
    expect(results().runs[0]?.cases).toMatchObject([{ id: 'L-ID-2', verdict: 'pass' }]);
  });

  it('sees a result that comes long after its exchange was given up on', async () => {
    const url = await sessionless();
    const { exitCode, screen } = await run([
      ...[...FIRST, '--url', url, '--case', 'L-EFF-1', '--case', 'L-EFF-7'],
      ...['slowTool=slow', 'settleMs=400'].flatMap(variable),
    ]);
    expect(exitCode).toBe(1);
    expect(screen).toMatch(/seen {6}the call ran to its result, \d+ ms after the cancel/);
    expect(screen.match(/^[A-Z]-[A-Z]+-\d+ {2}/gm)).toEqual(['L-EFF-1  ', 'L-EFF-7  ']);
  });

  it('is red where the target dies in the middle', async () => {
    const server = await startIgnoring();
    const cases = [...FIRST, '--case', 'S-*', '--case', 'L-RACE-1'];
    const args = ['--url', server.url, '--env-var', 'slowTool=slow', ...cases];
    const { exitCode, screen } = await run(args, {
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

  it.each([
    [
      'nobody listens',
      async () => 'http://127.0.0.1:1/mcp',
      /is not reachable \(ECONNREFUSED\): start the server/,
    ],
    [
      'it is no MCP server',
      () => plainServer(200, 'hello'),
      /does not answer initialize like an MCP server: HTTP 200 hello; correct/,
    ],
    [
      'it wants authorization',
      () => plainServer(401, ''),
      /wants authorization \(HTTP 401\): give --env-var/,
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
    const { exitCode, screen, results } = await run(['--url', await url(), '--env-var', 'slowTool=slow']);
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
    stops.push(() => server.close());
    const { exitCode, screen } = await run(['--url', server.url, ...args]);
    expect(exitCode).toBe(2);
    expect(screen.replace(/\s+/g, ' ')).toMatch(why);
  });

  it.each([
    [['--url', 'nonsense'], /"nonsense" is not an address of an MCP endpoint/],
    [['--case', 'L-NOPE-1'], /there is no case "L-NOPE-1"; there are: .*S-INIT-1, /],
    [['--folder', 'Nope'], /there is no folder "Nope"; there are: .*"Session", /],
    [['--collection', 'nope'], /there is no collection "nope"; there are: .*"mcp-cancellation"/],
    [
      ['--folder', 'Session', '--case', 'L-EFF-1'],
      /no case is in all that --folder, --case and --revision name/,
    ],
    [['--environment', '/nowhere.json'], /the environment \/nowhere.json cannot be read/],
    [['--environment', fileURLToPath(import.meta.url)], /is no Postman environment/],
    [['--url', 'ftp://me:pass@x'], /^"ftp:\/\/\*\*\*@x" is not an address/],
    [['--reports', '/dev/null/x'], /the reports cannot be written to \/dev\/null\/x/],
    [['--env-var', 'slowTol=x'], /there is no variable "slowTol"; there are: mcpUrl, /],
    [['--env-var', 'x'], /--env-var "x" is not name=value/],
    [['--start', 'serve'], /^--start does not say where the target is: add its address, such as --url http:/],
    [['--start', ' ', '--url', 'http://127.0.0.1:{port}/mcp'], /^--start is empty: give the command/],
    [['--start', 'serve', '--environment', 'any-server'], /^--start does not say where the target is/],
    [['--start', 'serve', '--env-var', 'mcpUrl={port}'], /^"\d+" is not an address of an MCP endpoint/],
    [['--wait-for', 'http://127.0.0.1:1/'], /^--wait-for does not say where the target is/],
    [['--wait-for', 'soon'], /^"soon" is not an address of anything to wait for/],
    [
      ['--url', 'http://127.0.0.1:{port}/mcp'],
      /^\{port\} is a port that the runner chooses .*: give --start/,
    ],
    [['--strict', 'very'], /Allowed choices are must, effect, should/],
    [['--timeout', '0'], /--timeout "0" is not a number of seconds above 0/],
    [['--nope'], /unknown option '--nope'. See npm run newman -- --help/],
  ])('ends with 2 and one line for %j', async (args, why) => {
    const { exitCode, screen } = await run(args);
    expect(exitCode).toBe(2);
    expect(screen).toMatch(why);
    expect(screen.trim().split('\n')).toHaveLength(1);
  });

  it('runs what --case and --folder name, and lists it with --list', async () => {
    const { screen } = await run([
      '--list',
      ...FIRST,
      '--folder',
      'Races',
      '--case',
      'L-RACE-*',
      '--case',
      'L-EFF-1',
    ]);
    expect(screen.match(/[A-Z]-[A-Z]+-\d+/g)).toEqual(['L-RACE-1', 'L-RACE-5', 'L-RACE-7', 'L-RACE-3']);
    const { exitCode, results } = await run(['--case', 'S-INIT-*'], { env: {} });
    expect(exitCode).toBe(0);
    expect(results().runs[0]?.cases.map(({ id }) => id)).toEqual(['S-INIT-1', 'S-INIT-2']);
  });

  it('asks for the revisions that are named, in a run each', async () => {
    const named = [
      '--collection',
      'mcp-cancellation',
      '--revision',
      '2025-03-26',
      '--revision',
      '2025-06-18',
      '--case',
      'S-INIT-1',
    ];
    expect((await run(['--list', ...named])).screen).toMatch(/^S-INIT-1 +MUST +all +Initialize +https:/m);
    const { exitCode, screen, results } = await run(named);
    expect(exitCode).toBe(0);
    expect(results().runs.map(({ revision }) => revision)).toEqual(['2025-03-26', '2025-06-18']);
    for (const { revision, cases } of results().runs)
      expect(cases[0]?.transcript).toContain(`"protocolVersion":"${revision}"`);
    expect(screen).toMatch(/^2 cases in .* \(run two at a time\)\.$/m);
  });

  it('keeps secrets and session ids out of every report', async () => {
    const server = await startNeverEnding();
    stops.push(() => server.close());
    const secrets = new Set(['top-secret-token', 'hidden-api-key']);
    // The ids as they were on the wire: the server runs in this process.
    const watch = (event: unknown) => {
      const { request } = event as { request: http.IncomingMessage };
      const id = request.headers['mcp-session-id'];
      if (request.socket.localPort === Number(new URL(server.url).port) && id) secrets.add(String(id));
    };
    diagnostics.subscribe('http.server.request.start', watch);
    stops.push(async () => diagnostics.unsubscribe('http.server.request.start', watch));
    const { files, read } = await run([
      ...[...FIRST, '--url', server.url, '--case', 'L-EFF-4', '--case', 'S-*'],
      ...['slowTool=slow', 'settleMs=500', 'authorization=Bearer top-secret-token'].flatMap(variable),
      ...variable('headers={"X-Api-Key":"hidden-api-key"}'),
    ]);
    expect(files).toContain('mcp-cancellation.html');
    // Four cases with a session each, one more for what was left open, and the preflight's.
    expect(secrets.size).toBe(2 + 6);
    for (const file of files)
      for (const secret of secrets) expect(read(file).includes(secret), `${secret} in ${file}`).toBe(false);
    expect(read('mcp-cancellation.html')).toContain('***');
  });

  it('takes away its own old reports, and nothing else', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'mcp-reports-'));
    scratch.push(dir);
    for (const file of ['mcp-cancellation.html', 'pom.xml', 'app.log']) writeFileSync(join(dir, file), 'old');
    await run(['--url', 'http://127.0.0.1:1/mcp', '--reports', dir]);
    expect(readdirSync(dir).sort()).toEqual(['app.log', 'index.html', 'pom.xml', 'results.json']);
  });

  it('writes a step summary and annotations in GitHub Actions', async () => {
    const summary = join(mkdtempSync(join(tmpdir(), 'mcp-summary-')), 'summary.md');
    const args = [...(await target(startNeverEnding)), ...FIRST, '--case', 'L-EFF-4'];
    const { screen } = await run(args, { env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary } });
    expect(screen.match(/^::error title=.*L-EFF-4/gm)).toHaveLength(1);
    expect(readFileSync(summary, 'utf8')).toMatch(/L-EFF-4/);
  });

  it('runs nothing where it was interrupted before it began', async () => {
    const { exitCode, screen } = await run([], { signal: AbortSignal.abort() });
    expect(exitCode).toBe(3);
    expect(screen).toMatch(/interrupted before it began/);
  });

  it('leaves nothing running after Ctrl-C', async () => {
    const reportsDir = mkdtempSync(join(tmpdir(), 'mcp-reports-'));
    scratch.push(reportsDir);
    const newman = fileURLToPath(new URL('../newman.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', newman, ...FIRST, '--reports', reportsDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let screen = '';
    child.stdout.on('data', (chunk) => {
      if (screen.includes('S-INIT-1')) return;
      screen += chunk;
      if (screen.includes('S-INIT-1')) child.kill('SIGINT');
    });
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    const log = readFileSync(join(reportsDir, 'server.log'), 'utf8');
    const { url, pid } = JSON.parse(log.split('\n')[0] ?? '');
    await expect(fetch(url)).rejects.toThrow();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
