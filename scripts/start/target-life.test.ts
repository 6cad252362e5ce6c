import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from './port.ts';
import { quote, type RollCall, rollCall } from './roll-call.ts';
import { type TargetToStart, targetLife } from './target-life.ts';

/** Servers that are no MCP servers: what matters here is that they start and end. */

const SERVE = `require("http").createServer((request, response) => {
  response.writeHead(405).end();
  if (request.url === "/die") process.exit(7);
}).listen(process.env.PORT, "127.0.0.1");`;
const STUBBORN = 'process.on("SIGTERM", () => say("refused"));';

let dir: string;
let roll: RollCall;
const stops: Array<() => Promise<unknown>> = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-target-'));
  roll = await rollCall();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await roll.close();
  await rm(dir, { recursive: true });
});

/** A target by this command, ended at the latest when the test is over. */
async function target(command: string | undefined, more: Partial<TargetToStart> = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mcp`;
  const life = targetLife({
    command,
    cwd: dir,
    env: { PATH: process.env.PATH, PORT: String(port) },
    urls: [url],
    logFile: join(dir, 'target.log'),
    logName: 'reports/target.log',
    waitMs: 20_000,
    mask: (text) => text.replaceAll('secret', '***'),
    ...more,
  });
  stops.push(() => life.stop());
  let screen = '';
  const write = (text: string) => {
    screen += text;
  };
  return {
    url: more.urls?.[0] ?? url,
    life,
    start: (signal?: AbortSignal) => life.start({ write, columns: 80 }, signal),
    screen: () => screen,
    log: () => readFileSync(join(dir, 'target.log'), 'utf8'),
  };
}

/** A server of the test's own; each answer has the next of these statuses, and the last is repeated. */
async function serve(...statuses: number[]): Promise<string> {
  const server = http.createServer((_request, response) =>
    response.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 500).end(),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

describe('a target that is started', () => {
  it('is ended with everything that it has started', async () => {
    const detached = `require("child_process").spawn("/bin/sh", ["-c", ${JSON.stringify(roll.command('own-group'))}], { detached: true });`;
    const command = [
      roll.command('background'),
      roll.command('parent', detached),
      roll.command('server', SERVE),
    ];
    const { life, start, screen } = await target(command.join(' & '));
    await start();
    expect(screen()).toMatch(/^starting: .{1,70} … listening after [\d.]+ m?s\n$/);
    for (const name of ['background', 'parent', 'own-group', 'server']) await roll.present(name);
    expect(await life.stop()).toBeUndefined();
    await roll.gone();
  });

  it('runs where the user stood, and what it prints is in its log', async () => {
    const serve = roll.command('server', SERVE);
    const { start, log, screen } = await target(`pwd; echo to stderr >&2; TOKEN=secret ${serve}`);
    await start();
    expect(log()).toMatch(/mcp-target-\w+\nto stderr\n$/);
    expect(screen()).toMatch(/^starting: pwd; echo to stderr >&2; TOKEN=\*\*\* /);
  });

  it('is killed where it does not end when it is asked to', async () => {
    const command = `${roll.command('child', STUBBORN)} & ${roll.command('server', SERVE + STUBBORN)}`;
    const { life, start } = await target(command, { graceMs: 100 });
    await start();
    const [child, server] = await Promise.all(['child', 'server'].map(roll.present));
    const stopped = life.stop();
    await Promise.all([child?.said('refused'), server?.said('refused'), stopped]);
    await roll.gone();
  });

  it('may leave its server in the background', async () => {
    const { life, start } = await target(`${roll.command('server', SERVE)} & exit 0`);
    await start();
    expect(await life.ended(0)).toBeUndefined();
    await life.stop();
    await roll.gone();
  });

  it('tells how it ended before it was asked to', async () => {
    const { life, start, url } = await target(roll.command('server', SERVE));
    await start();
    await fetch(new URL('/die', url)).catch(() => {});
    expect(await life.ended(20_000)).toBe(
      'the target ended during the run (exit code 7); see reports/target.log',
    );
    await roll.gone();
  });

  it.each([
    [
      'echo booting; echo "no such file: config" >&2; exit 4',
      /exit code 4\): booting \/ no such file: config; see/,
    ],
    [
      'no-such-program --port 1',
      /\(exit code 127\): .*no-such-program: .*not found; see reports\/target.log$/,
    ],
    ['kill -KILL $$', /\(SIGKILL\): it printed nothing; see/],
  ])('that ends before it answers is told with its last words: %s', async (command, why) => {
    const { start, url } = await target(command);
    const failure = await start().catch((error) => error);
    expect(failure).toMatchObject({ exitCode: 3, message: expect.stringMatching(why) });
    expect(failure.message).toContain(`what --start started ended before ${url} answered`);
  });

  it('that never answers is given up, and ended', async () => {
    const { life, start } = await target(`echo thinking; ${roll.command('server')}`, { waitMs: 1 });
    await expect(start()).rejects.toMatchObject({ exitCode: 3 });
    const late = await target(roll.command('server'), { waitMs: 300 });
    await expect(late.start()).rejects.toThrow(
      / did not answer within 0.3 s \(ECONNREFUSED\): .*; see reports/,
    );
    await life.stop();
    await late.life.stop();
    expect(late.screen()).toMatch(/ … \n$/);
  });

  it('is ended where the run is interrupted meanwhile', async () => {
    const { life, start } = await target(roll.command('server'));
    const interrupt = new AbortController();
    const started = start(interrupt.signal);
    void roll.present('server').then(() => interrupt.abort());
    await expect(started).rejects.toThrow('the run was interrupted before it began');
    await life.stop();
    await roll.gone();
  });

  it('is not started where somebody answers at one of its addresses already', async () => {
    const [free, taken] = [await freePort(), await serve(404)];
    const { start, log } = await target('echo started', {
      urls: [`http://127.0.0.1:${free}/healthz`, taken],
    });
    await expect(start()).rejects.toMatchObject({
      exitCode: 2,
      message: `something answers at ${taken} already: it would be tested instead of what --start starts; stop it, or use {port}`,
    });
    expect(log()).toBe('');
  });

  it('has quotes and dollars for its shell', async () => {
    const { start } = await target(`WORD="two words"; echo "$WORD" ${quote("it's $HOME")}; exit 1`);
    await expect(start()).rejects.toThrow(/: two words it's \$HOME; see/);
  });
});

describe('a target that is only waited for', () => {
  it('may take its time to serve', async () => {
    const url = await serve(503, 502, 405);
    const { start, screen } = await target(undefined, { urls: [url] });
    await start();
    expect(screen()).toMatch(new RegExp(`^waiting for ${url} … listening after `));
  });

  it('is told by its last answer where it does not', async () => {
    const url = await serve(503);
    const { start } = await target(undefined, { urls: [url], waitMs: 500 });
    await expect(start()).rejects.toMatchObject({
      exitCode: 3,
      message: `${url} did not answer within 0.5 s (HTTP 503): start the server, or correct --wait-for`,
    });
  });
});
