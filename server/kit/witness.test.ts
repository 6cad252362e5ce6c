import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { start } from '../sdk.ts';
import { TestClient } from '../testing.ts';

const guide = readFileSync(new URL('../../collections/README.md', import.meta.url), 'utf8');

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function serve(): Promise<string> {
  const server = await start();
  opened.push(server);
  return server.url;
}

async function connect(url: string): Promise<TestClient> {
  const client = await TestClient.open(url);
  opened.push(client);
  return client;
}

/** Starts a call that would take hours, and waits for its first tick. */
async function begin(client: TestClient, id: string) {
  const call = client.call(id, 'slow', { key: id, steps: 1_000_000, interval_ms: 5 });
  await call.find(({ method }) => method === 'notifications/progress');
  return call;
}

test.each([
  ['ts', 'witness.ts'],
  ['python', 'witness.py'],
])('the guide shows, in %s, the file %s', (language, file) => {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8');
  const blocks = [...guide.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  expect(blocks.map(([, block]) => block)).toEqual([source]);
  expect(source.trimEnd().split('\n').length).toBeLessThan(40);
});

test('a call that nobody cancels ticks to its end, with progress', async () => {
  const client = await connect(await serve());
  const call = client.call(1, 'slow', { key: 'whole', steps: 3, interval_ms: 5 });
  const answer = await call.answer();
  expect(answer.result.content).toEqual([{ type: 'text', text: '3 steps done' }]);
  expect(call.messages.slice(0, -1).map(({ params }) => params)).toEqual(
    [1, 2, 3].map((progress) => ({ progressToken: 1, progress, total: 3 })),
  );
  const told = { ticks: 3, finished: 1, cancelled: 0, handler: 'ended' };
  const { structuredContent, content } = (await client.tool('state', { key: 'whole' })).result;
  expect(structuredContent).toEqual(told);
  expect(content.map(({ text }: { text: string }) => JSON.parse(text))).toEqual([told]);
});

test('progress is sent to those who asked for it', async () => {
  const client = await connect(await serve());
  const params = { name: 'slow', arguments: { key: 'quiet', steps: 3, interval_ms: 5 } };
  const messages = await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }).ended;
  expect(messages).toMatchObject([{ id: 1, result: {} }]);
});

test('a cancel stops its call and no other, and any session is told', async () => {
  const url = await serve();
  const client = await connect(url);
  await begin(client, 'cancelled');
  await begin(client, 'other');
  expect(await client.state('cancelled')).toMatchObject({ finished: 0, cancelled: 0, handler: 'running' });
  await client.cancel('cancelled');
  const witness = await connect(url);
  const { ticks } = await witness.seen('cancelled', ({ handler }) => handler === 'ended');
  const before = await witness.state('other');
  await witness.seen('other', (now) => now.ticks >= before.ticks + 20);
  const frozen = { ticks, finished: 0, cancelled: 1, handler: 'ended' };
  expect(await witness.state('cancelled'), 'twenty ticks later').toEqual(frozen);
  expect(await witness.state('other')).toMatchObject({ finished: 0, cancelled: 0, handler: 'running' });
});

test('a call goes on where its client has hung up', async () => {
  const client = await connect(await serve());
  const call = await begin(client, 'left');
  const before = await client.state('left');
  call.hangUp();
  await client.seen('left', (now) => now.ticks >= before.ticks + 20);
  expect(await client.state('left')).toMatchObject({ cancelled: 0, handler: 'running' });
});

test('a server that is closed stops its handlers', async () => {
  const server = await start();
  const client = await TestClient.open(server.url);
  await begin(client, 'closed');
  await client.close();
  await server.close();
  // The states belong to the process, so another server in it knows the call.
  const witness = await connect(await serve());
  await witness.seen('closed', ({ cancelled, handler }) => cancelled === 1 && handler === 'ended');
});

test('an unknown key is an error that says so', async () => {
  const client = await connect(await serve());
  const { result } = await client.tool('state', { key: 'nobody' });
  expect(result).toEqual({ isError: true, content: [{ type: 'text', text: 'No call with key nobody' }] });
});

test('the oldest of more than 1,000 keys is forgotten', async () => {
  const client = await connect(await serve());
  const use = (key: string) => client.tool('slow', { key, steps: 0, interval_ms: 0 });
  const known = async (key: string) => !(await client.tool('state', { key })).result.isError;
  await use('first');
  for (let i = 1; i < 1000; i++) await use(`next ${i}`);
  expect(await known('first')).toBe(true);
  await use('last');
  expect(await known('first')).toBe(false);
  expect(await known('last')).toBe(true);
});
