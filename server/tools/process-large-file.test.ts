import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, TestClient, type TestServer } from '../testing.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startServer();
  client = await TestClient.open(server.url);
});

afterAll(async () => {
  await client.close();
  await server.close();
});

const partials = async () => (await readdir(server.dataDir)).filter((name) => name.startsWith('.'));

test.each([
  ['dataset.csv', 3],
  ['large_dataset.csv', 7],
])('%s: what it counted is what is in the file', async (filename, ticks) => {
  const args = { filename, processing_time: ticks, tick_ms: 10, key: filename };
  const messages = await client.call(`file of ${ticks}`, 'process_large_file', args).ended;
  const { result } = messages.at(-1);
  const content = await readFile(join(server.dataDir, filename));
  expect(result).toEqual({
    content: [{ type: 'text', text: `Successfully processed ${filename}` }],
    structuredContent: {
      filename,
      lines: content.toString().split('\n').length - 1,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      ticks,
    },
  });
  const log = messages
    .filter(({ method }) => method === 'notifications/message')
    .map(({ params }) => params.data);
  expect(log).toEqual([
    `Starting to process ${filename} (Request: file of ${ticks})`,
    ...Array.from({ length: ticks }, (_, i) => `Processed chunk ${i + 1}/${ticks}`),
  ]);
  const progress = messages.filter(({ method }) => method === 'notifications/progress');
  expect(progress.map(({ params }) => params.progress)).toEqual(
    Array.from({ length: ticks }, (_, i) => i + 1),
  );
  expect(await client.state(filename)).toMatchObject({
    call: 'completed',
    ticks,
    finished: 1,
    cleaned_up: true,
  });
  expect(await partials()).toEqual([]);
});

test('the two files are the same in every server', async () => {
  const other = await startServer();
  const visitor = await TestClient.open(other.url);
  await visitor.tool('process_large_file', { filename: 'dataset.csv', processing_time: 1, tick_ms: 10 });
  for (const name of ['dataset.csv', 'large_dataset.csv']) {
    expect(await readFile(join(other.dataDir, name))).toEqual(await readFile(join(server.dataDir, name)));
  }
  await visitor.close();
  await other.close();
});

test('a cancel removes the partial output', async () => {
  const args = { filename: 'large_dataset.csv', processing_time: 3600, tick_ms: 10, key: 'partial' };
  const call = client.call(1, 'process_large_file', args);
  await call.find(({ method, params }) => method === 'notifications/progress' && params.progress === 3);
  const [partial] = await partials();
  expect(await readFile(join(server.dataDir, String(partial)), 'utf8')).toMatch(/^1\/3600: \d+ bytes/);
  await client.cancel(1, 'enough');
  expect((await call.answer()).error).toMatchObject({ code: -32800, data: { reason: 'enough' } });
  const state = await client.seen('partial', ({ handler }) => handler === 'ended');
  expect(state).toMatchObject({
    call: 'cancelled',
    cancelled: 1,
    finished: 0,
    cleaned_up: true,
    reason: 'enough',
  });
  expect(state.ticks).toBeLessThan(3600);
  expect(await partials()).toEqual([]);
  expect(server.logged('Processing of large_dataset.csv was cancelled by client.')).toHaveLength(1);
});

test('a cleanup that did not succeed is not claimed', async () => {
  const args = { filename: 'dataset.csv', processing_time: 3600, tick_ms: 10, key: 'spoilt' };
  const call = client.call(2, 'process_large_file', args);
  await call.find(({ method }) => method === 'notifications/progress');
  for (const name of await partials()) await rm(join(server.dataDir, name));
  await client.cancel(2);
  await call.ended;
  const state = await client.seen('spoilt', ({ handler }) => handler === 'ended');
  expect(state.cleaned_up).toBe(false);
});

describe('other files', () => {
  const count = async (filename: string) => {
    const { result } = await client.tool('process_large_file', { filename, processing_time: 1, tick_ms: 10 });
    return result.isError ? result.content[0].text : result.structuredContent;
  };

  test.each([
    ['', 0],
    ['\n', 1],
    ['one', 1],
    ['one\ntwo', 2],
    ['one\ntwo\n', 2],
  ])('%j has %d lines', async (text, lines) => {
    await writeFile(join(server.dataDir, 'mine.txt'), text);
    expect(await count('mine.txt')).toMatchObject({ lines, bytes: text.length });
  });

  test('below the folder, and by a link that stays inside', async () => {
    await mkdir(join(server.dataDir, 'below'), { recursive: true });
    await writeFile(join(server.dataDir, 'below', 'a..txt'), 'x');
    await symlink('below/a..txt', join(server.dataDir, 'inside'));
    expect(await count('below/a..txt')).toMatchObject({ bytes: 1 });
    expect(await count('inside')).toMatchObject({ bytes: 1 });
  });

  test('what leaves the folder, is not there or is no file is refused, and says which files there are', async () => {
    await symlink('/etc/hostname', join(server.dataDir, 'outside'));
    await symlink('/etc', join(server.dataDir, 'etc'));
    await mkdir(join(server.dataDir, 'folder'));
    const refused: [string, string][] = [
      ['../secret', 'it leaves the data folder'],
      ['..', 'it leaves the data folder'],
      ['.', 'it leaves the data folder'],
      ['below/../../secret', 'it leaves the data folder'],
      ['/etc/hostname', 'it leaves the data folder'],
      [join(server.dataDir, 'dataset.csv'), 'it leaves the data folder'],
      ['outside', 'it leaves the data folder'],
      ['etc/hostname', 'it leaves the data folder'],
      ['a\0b', 'it leaves the data folder'],
      ['folder', 'it is not a file'],
      ['nothing.csv', 'there is no such file'],
    ];
    for (const [name, why] of refused) {
      const said = await count(name);
      expect(said).toContain(
        `Cannot process ${JSON.stringify(name)}: ${why}. Files there are: dataset.csv, `,
      );
    }
    expect(await count('nothing.csv'), 'tells nothing of where the folder is').not.toContain(server.dataDir);
    expect(await partials()).toEqual([]);
  });
});
