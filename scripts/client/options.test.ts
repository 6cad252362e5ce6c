import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';
import { run } from './testing.ts';

const LESSON = {
  what: 'lesson',
  url: 'http://127.0.0.1:8000/mcp',
  authorization: undefined,
  afterMs: 3000,
  file: 'large_dataset.csv',
  processingTime: 10,
  json: false,
  method: 'notifications/cancelled',
};

describe('the options of npm run client', () => {
  it('are those of the lesson', () => {
    expect(parseOptions([], {})).toEqual(LESSON);
  });

  it('come from the command line, and then from the environment', () => {
    const env = { MCP_URL: 'http://a/mcp', MCP_AUTHORIZATION: 'Basic x\n' };
    expect(parseOptions([], env)).toMatchObject({ url: 'http://a/mcp', authorization: 'Basic x' });
    const given = ['quick', '--url', 'http://b/mcp', '--token', 't', '--lsp-cancel'];
    expect(parseOptions(given, env)).toMatchObject({
      what: 'quick',
      url: 'http://b/mcp',
      authorization: 'Bearer t',
      method: '$/cancelRequest',
    });
    expect(parseOptions([], { MCP_AUTHORIZATION: 'Bearer x' })?.authorization).toBe('Bearer x');
  });

  it.each([
    [['slow'], /'slow' is invalid .* Allowed choices are quick, disconnect. See npm run client -- --help$/],
    [['--nope'], /^unknown option '--nope'/],
    [['--after', '0'], /^--after "0" is not a number of seconds above 0/],
    [['--after', 'soon'], /^--after "soon" is not/],
    [['--after', ''], /^--after "" is not/],
    [['--after', 'Infinity'], /^--after "Infinity" is not/],
    [['--processing-time', '1.5'], /^--processing-time "1.5" is not a whole number/],
    [['quick', '--after', '1'], /^--after does not go with quick/],
    [['disconnect', '--json'], /^--json does not go with disconnect/],
    [['--url', 'mcp'], /^"mcp" is not an address of an MCP endpoint/],
    [['--url', 'http://me:secret@x/mcp'], /^a name and a password do not belong in --url/],
    [['--token', 'a\nb'], /^--token has a character that no header can hold$/],
  ])('%j is wrong usage', (args, why) => {
    expect(() => parseOptions(args, {})).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => parseOptions(args, {})).toThrow(why);
  });
});

it.each(['client', 'demo'] as const)('npm run %s -- --help reads in 80 columns', async (name) => {
  const { exitCode, lines, stderr } = await run(name, ['--help']);
  expect(lines[0]).toMatch(new RegExp(`^Usage: npm run ${name} --`));
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});

it('wrong usage is told in one line, and ends with 2', async () => {
  const { exitCode, lines, stderr } = await run('client', ['--after', 'x']);
  expect(lines).toEqual([]);
  expect(stderr).toMatch(/^--after "x" is not a number of seconds .*\n$/);
  expect(exitCode).toBe(2);
});
