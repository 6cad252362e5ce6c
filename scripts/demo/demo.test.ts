import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../server/config.ts';
import { startTemporary } from '../../server/temporary.ts';
import type { Offer } from '../../server/tools/index.ts';
import { type Ended, run, start } from '../client/testing.ts';

/** The lesson's "Demo Output", scene by scene; the last one is ours. */
const LESSON = {
  basic: `1. Basic Cancellation
🚀 Starting long-running task...
📊 Processing dataset.csv... 1/8 seconds
📊 Processing dataset.csv... 2/8 seconds
⏹️ Cancelling task...
✅ Successfully cancelled task
❌ Processing was cancelled`,
  race: `2. Race Condition
🏁 Testing race condition...
⚠️ Task not found (may have already completed)
⚡ Quick response: This completes immediately`,
  multiple: `3. Multiple Tasks
🚀 Starting 3 concurrent tasks...
⏹️ Cancelling middle task...
📊 Final results:
  Task 0: ✅ Successfully processed
  Task 1: ❌ Processing was cancelled
  Task 2: ✅ Successfully processed`,
  cleanup: `4. Resource Cleanup
🧹 Testing resource cleanup...
📄 Task is at work (its files cannot be seen from here)
⏹️ Cancelling task...
🗑️ Cleaned up, says the witness
📋 Registry is empty`,
};
type Name = keyof typeof LESSON;
const NAMES: Name[] = ['basic', 'race', 'multiple', 'cleanup'];

const VERIFIED: Record<Name, RegExp[]> = {
  basic: [/^ {2}✅ Stopped within 1 s: [\d.]+ ms$/, /^ {2}✅ Status right: running, then cancelled$/],
  race: [
    /^ {2}✅ Races harmless: a late cancel got 202 and changed nothing$/,
    /^ {2}✅ Status right: a finished call stays completed$/,
  ],
  multiple: [
    /^ {2}✅ Stopped within 1 s: [\d.]+ ms$/,
    /^ {2}✅ Status right: running, then cancelled; of three, only the middle one cancelled$/,
  ],
  cleanup: [
    /^ {2}✅ Stopped within 1 s: [\d.]+ ms$/,
    /^ {2}✅ Cleaned up: the witness says so \(the files of this server .*\); the registry is empty$/,
    /^ {2}✅ Status right: running, then cancelled$/,
  ],
};

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(settings: Partial<Config> = {}, change?: (offer: Offer) => Offer) {
  const server = await startTemporary(settings, pino({ level: 'silent' }), change);
  closers.push(() => server.close());
  return server;
}

/** The lines of the scene, and those of what was verified. */
function parts({ lines }: Ended) {
  const end = lines.lastIndexOf('');
  expect(lines[end + 1]).toBe('What was verified:');
  return { scene: lines.slice(2, end), verified: lines.slice(end + 2) };
}

describe('npm run demo against a server', () => {
  it.each(NAMES)('prints the scene "%s" line by line', async (name) => {
    const server = await serve();
    const ended = await run('demo', ['--scene', name, '--url', server.url]);
    expect(ended.lines.slice(0, 2)).toEqual([`🎭 Cancellation, against ${server.url}`, '']);
    const { scene, verified } = parts(ended);
    expect(scene).toEqual(LESSON[name].split('\n'));
    expect(verified).toEqual(VERIFIED[name].map((line) => expect.stringMatching(line)));
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(server.sessions.size).toBe(0);
    expect(readdirSync(server.dataDir).filter((file) => file.startsWith('.'))).toEqual([]);
  });

  it.each<Partial<Config>>([{ cancelReply: 'none' }, { responseMode: 'json' }])(
    'prints all scenes the same with %j',
    async (settings) => {
      const server = await serve(settings);
      const ended = await run('demo', ['--url', server.url]);
      const { scene, verified } = parts(ended);
      expect(scene.join('\n')).toBe(NAMES.map((name) => LESSON[name]).join('\n\n'));
      expect(verified).toHaveLength(4);
      for (const line of verified) expect(line).toMatch(/^ {2}✅ /);
      expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    },
  );
});

describe('npm run demo', () => {
  async function temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-demo-test-'));
    closers.push(() => rm(folder, { recursive: true }));
    return folder;
  }

  it.each(['error', 'none'])('looks at the files of its own server, and stops it (%s)', async (reply) => {
    const TMPDIR = await temporaryFolder();
    const ended = await run('demo', ['--scene', 'cleanup'], { TMPDIR, CANCEL_REPLY: reply });
    expect(ended.lines[0]).toBe('🎭 Cancellation, against a server of our own');
    const { scene, verified } = parts(ended);
    const open = process.platform === 'linux' ? [' (files open: 2)', ' (files open: 0)'] : ['', ''];
    expect(scene).toEqual([
      ...LESSON.cleanup.split('\n').slice(0, 2),
      `📄 Temporary file is there${open[0]}`,
      '⏹️ Cancelling task...',
      `🗑️ Temporary file is gone${open[1]}`,
      '📋 Registry is empty',
    ]);
    expect(verified[1]).toMatch(
      /^ {2}✅ Cleaned up: the temporary file was there and is gone; .*; the regis/,
    );
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readdirSync(TMPDIR).filter((name) => name.startsWith('mcp-demo-'))).toEqual([]);
  });

  it('ends with 1 where a scene did not do what it says, and says what was seen', async () => {
    const lie = (offer: Offer): Offer => ({
      ...offer,
      tools: offer.tools.map((tool) =>
        tool.name !== 'state'
          ? tool
          : {
              ...tool,
              async handler(...given) {
                const told = await tool.handler(...given);
                return { ...told, structuredContent: { ...told.structuredContent, cleaned_up: false } };
              },
            },
      ),
    });
    const server = await serve({}, lie);
    const ended = await run('demo', ['--scene', 'cleanup', '--url', server.url]);
    const { scene, verified } = parts(ended);
    expect(scene).toEqual([
      ...LESSON.cleanup.split('\n').slice(0, 4),
      '❌ This scene did not do what it says: the witness says that nothing was cleaned up',
    ]);
    expect(verified).toContain('  ❌ Cleaned up: the witness says that nothing was cleaned up');
    expect(verified.at(-1)).toBe('  ❌ Not as they say: cleanup');
    expect(ended.exitCode).toBe(1);
  });

  it('explains each step with --slow', async () => {
    const server = await serve();
    const demo = start('demo', ['--slow', '--scene', 'race', '--url', server.url], { COLUMNS: '60' });
    await demo.shown('crossed');
    demo.kill('SIGINT');
    const { exitCode, lines } = await demo.ended;
    expect(lines.slice(2)).toEqual([
      '2. Race Condition',
      '🏁 Testing race condition...',
      '   ↳ A short call runs to its end. A cancel for it comes',
      '     too late, as if the two had crossed on their way.',
      '⏹️ Interrupted.',
    ]);
    expect(exitCode).toBe(130);
  });

  it('stops its own server, and what runs on it, on Ctrl-C', async () => {
    const TMPDIR = await temporaryFolder();
    const demo = start('demo', ['--scene', 'basic'], { TMPDIR });
    await demo.shown('1/8 seconds');
    demo.kill('SIGINT');
    const { exitCode, lines } = await demo.ended;
    expect(lines.at(-1)).toBe('⏹️ Interrupted.');
    expect(exitCode).toBe(130);
    expect(readdirSync(TMPDIR).filter((name) => name.startsWith('mcp-demo-'))).toEqual([]);
  });

  it('breaks lines between words on a narrow screen', async () => {
    const server = await serve();
    const { lines } = await run('demo', ['--scene', 'race', '--url', server.url], { COLUMNS: '40' });
    for (const line of lines) expect(line.length, line).toBeLessThan(40);
    expect(lines.join('\n')).toContain('⚠️ Task not found (may have already\n   completed)\n⚡ Quick');
  });

  it.each<[string, Partial<Config>, string[], Record<string, string>, number, RegExp]>([
    [
      'without a witness',
      { witness: 'off' },
      [],
      {},
      3,
      / has no state, list_calls: the scenes need the tools/,
    ],
    ['behind a token', { authToken: 'x' }, [], {}, 3, / answered 401: give its token with --token/],
    [
      'of its own that knows no such reply',
      {},
      [],
      { CANCEL_REPLY: 'no' },
      2,
      /^CANCEL_REPLY="no": allowed is/,
    ],
    ['and no such scene', {}, ['--scene', 'x'], {}, 2, /Allowed choices are basic, race, multiple, cleanup/],
  ])('tells in one line what is wrong with a server %s', async (what, settings, args, env, code, why) => {
    const server = await serve(settings);
    const at = what.startsWith('of its own') ? [] : ['--url', server.url];
    const { exitCode, lines, stderr } = await run('demo', [...args, ...at], env);
    expect(lines).toEqual([]);
    expect(stderr).toMatch(why);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(exitCode).toBe(code);
  });
});
