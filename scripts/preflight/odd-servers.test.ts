import { describe, expect, it } from 'vitest';
import { runMain } from '../runner/run-main.ts';
import { startOddServer } from './odd-server.ts';

/** What a server may answer without an ill will, or with one. */

const slow = { name: 'slow', inputSchema: { properties: { steps: { type: 'integer' } } } };
const listing = (tools: unknown[]) => ({ 'tools/list': { result: { tools } } });
const unnamed = ['--env-var', 'slowTool='];

describe('a server that is odd', () => {
  it.each([
    ['with it', []],
    ['without it', ['--dry-run']],
  ])('writes nothing to the screen but text, %s a report', async (_what, args) => {
    const name = 'slow\u001b]0;x\u0007\u009b31m\n::error::y';
    const url = await startOddServer(listing([{ ...slow, name, description: '\u001b[2J' }, slow]));
    for (const more of [unnamed, ['--env-var', 'slowTool=none']]) {
      const { exitCode, screen } = await runMain(['--url', url, ...args, ...more]);
      expect(exitCode).toBe(2);
      expect(screen).toMatch(/slow␛\]0;x␇�31m\s::error::y/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(screen).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
  });

  it.each([[], ['--dry-run']])('gives no command to GitHub Actions, %s', async (...args) => {
    const url = await startOddServer({
      initialize: {
        result: {
          protocolVersion: '2025-11-25',
          serverInfo: { name: '::error::x '.repeat(9), version: '1' },
        },
      },
      ...listing([{ ...slow, name: '::error::slow' }]),
      'tools/call': { error: { code: 1, message: '::error::x '.repeat(20) } },
    });
    const env = { GITHUB_ACTIONS: 'true' };
    for (const tool of ['', 'none', '::error::slow']) {
      const { screen } = await runMain(['--url', url, ...args, '--env-var', `slowTool=${tool}`], { env });
      expect(screen).toContain(':error::');
      expect(screen).not.toMatch(/^\s*::/m);
    }
  });

  it('is not asked to be copied by a name that cannot be', async () => {
    const url = await startOddServer(
      listing([
        { ...slow, name: 'slow\nslow' },
        { ...slow, name: 'it' },
      ]),
    );
    const { screen } = await runMain(['--url', url, '--dry-run', ...unnamed]);
    expect(screen).toContain('--env-var slowTool=it ');
  });

  it('may send anything for a tool, its description and its schema', async () => {
    const odd = { toString: 1, valueOf: 1 };
    const properties = { seconds: { type: 'number', description: odd }, it: { type: odd } };
    const inputSchema = { properties, required: ['it', odd] };
    const tools = [null, {}, { name: '' }, { name: 5 }, { name: 'odd', description: odd, inputSchema }];
    const url = await startOddServer(listing(tools));
    const { exitCode, screen } = await runMain(['--url', url, '--dry-run', ...unnamed]);
    expect(exitCode).toBe(2);
    expect(screen).toContain(`slowTool=odd --env-var 'slowArguments={"seconds":"$seconds","it":"text"`);
  });

  it('may have more tools than anyone reads', async () => {
    const many = Array.from({ length: 200_000 }, (_, n) => ({ name: `t${n}` }));
    const url = await startOddServer(listing(many));
    for (const more of [unnamed, ['--env-var', 'slowTool=none']]) {
      const { exitCode, screen } = await runMain(['--url', url, '--dry-run', ...more]);
      expect(exitCode).toBe(2);
      expect(screen).toContain('t49');
      expect(screen).toContain('and 199950 more');
      expect(screen.length).toBeLessThan(5000);
    }
  });

  it.each([
    ['a text', 'evil', / answers/],
    ['a name that is none', { name: { toString: 1 } }, / answers/],
    ['a name alone', { name: 'odd' }, / \(odd \?\) answers/],
    ['a name without an end', { name: 'x'.repeat(5000), version: {} }, / \(x+ x+… \?\)/],
  ])('may introduce itself by %s', async (_what, serverInfo, told) => {
    const url = await startOddServer({
      initialize: { result: { protocolVersion: '2025-11-25', serverInfo } },
      ...listing([slow]),
      'tools/call': ({ arguments: args }) =>
        (args as { steps: number }).steps > 9 ? undefined : { result: {} },
    });
    const args = ['--env-var', 'slowTool=slow', '--env-var', 'slowArguments={"steps": "$steps"}'];
    const { screen, exitCode } = await runMain(['--url', url, '--dry-run', ...args]);
    expect(exitCode).toBe(0);
    expect(screen.replace(/\s+/g, ' ')).toMatch(told);
  });

  it('may refuse a call without a word', async () => {
    const url = await startOddServer({ ...listing([slow]), 'tools/call': { error: { code: -32602 } } });
    const { exitCode, screen } = await runMain(['--url', url, '--dry-run', '--env-var', 'slowTool=slow']);
    expect(exitCode).toBe(2);
    expect(screen).toMatch(/does not accept slowTool "slow" .*: HTTP 200 .*-32602/);
  });
});

describe('secrets', () => {
  it.each([[], ['--dry-run']])('do not reach the screen where the server tells them, %s', async (...args) => {
    const url = await startOddServer({
      ...listing([slow]),
      'tools/call': (_params, { authorization }) => ({
        error: { code: 1, message: `not for ${authorization}` },
      }),
    });
    const env = { MCP_AUTHORIZATION: 'Bearer hidden-token\n' };
    const { screen } = await runMain(
      [...args, '--url', `${url}?key=also-hidden`, '--env-var', 'slowTool=slow'],
      {
        env,
      },
    );
    expect(screen).toContain('not for ***');
    expect(screen).not.toContain('hidden');
  });

  it('that no header can hold are told in one line', async () => {
    const env = { MCP_AUTHORIZATION: 'Bearer …' };
    const { exitCode, screen } = await runMain(['--url', await startOddServer({}), '--dry-run'], { env });
    expect(exitCode).toBe(2);
    expect(screen).toMatch(/cannot be asked \(invalid Authorization header\): correct the variables/);
  });
});
