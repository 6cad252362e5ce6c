import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { parseProxyOptions } from './proxy/options.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** `npm run proxy` as a process of its own; `exit` resolves with its code and all it wrote. */
function launch(...args: string[]) {
  const main = fileURLToPath(new URL('hang-up-proxy.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  }) as ChildProcess & { stdout: Readable; stderr: Readable };
  children.push(child);
  const exit = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code: code as number | null, stdout, stderr }),
  );
  return { child, exit };
}

describe('npm run proxy', () => {
  it('says where it listens and what to do with it, and ends with 0 on Ctrl-C', async () => {
    const { child, exit } = launch('--port', '0', '--target', 'http://me:secret@127.0.0.1:1/a?token=secret');
    const [line] = await once(child.stdout, 'data');
    const [, url = ''] =
      /^listening on (\S+), forwarding to http:\/\/127\.0\.0\.1:1\/a\?…; set hangUpUrl to \1\n$/.exec(line) ??
      [];
    expect((await fetch(url)).status).toBe(502);
    child.kill('SIGINT');
    // Passed on by npm, a Ctrl-C comes a second time.
    child.kill('SIGINT');
    expect(await exit).toEqual({ code: 0, stdout: String(line), stderr: '' });
  });

  it('ends with 3 and one line where the port is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const stderr = `port ${port} is taken: choose another with --port, or 0 for any free one\n`;
    expect(await launch('--port', String(port)).exit).toEqual({ code: 3, stdout: '', stderr });
    other.close();
  });

  it('ends with 2 and one line for a target that is none', async () => {
    const stderr = '"mcp" is not an address of an MCP endpoint; give one such as http://127.0.0.1:8000/mcp\n';
    expect(await launch('--target', 'mcp', '--port', '0').exit).toEqual({ code: 2, stdout: '', stderr });
  });
});

describe('its options', () => {
  it('have defaults for the reference server', () => {
    expect(parseProxyOptions([])).toEqual({ target: 'http://127.0.0.1:8000/mcp', port: 8001 });
  });

  it.each([
    [['--port', '80x'], /^--port "80x" is not a port: give a whole number from 0 to 65535$/],
    [['--port', '65536'], /^--port "65536" is not a port/],
    [['--port', '-1'], /^--port "-1" is not a port|argument missing/],
    [['--nope'], /^unknown option '--nope'. See npm run proxy -- --help$/],
    [['http://127.0.0.1:8000/mcp'], /^too many arguments.*See npm run proxy -- --help$/],
  ])('%j is wrong usage', (args, why) => {
    expect(() => parseProxyOptions(args)).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => parseProxyOptions(args)).toThrow(why);
  });
});
