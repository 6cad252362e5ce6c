import { afterEach, expect, test } from 'vitest';
import { TestClient } from '../testing.ts';
import type { BareServer } from './bare.ts';
import * as ignoresCancel from './ignores-cancel.ts';
import * as neverEndsStream from './never-ends-stream.ts';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function begin(start: () => Promise<BareServer>, steps: number) {
  const server = await start();
  opened.push(server);
  const client = await TestClient.open(server.url);
  opened.push(client);
  const call = client.call(1, 'slow', { key: 'k', steps, interval_ms: 5 });
  await call.find(({ method }) => method === 'notifications/progress');
  return { client, call };
}

test.each([
  ['ignores-cancel', ignoresCancel.start],
  ['never-ends-stream', neverEndsStream.start],
])('%s does what is expected of it as long as nothing is cancelled', async (_name, start) => {
  const { client, call } = await begin(start, 5);
  expect((await call.answer()).result.content[0].text).toBe('completed 5 steps');
  expect(await client.state('k')).toEqual({ ticks: 5, finished: 1 });
  expect((await client.tool('quick', { text: 'hi' })).result.content[0].text).toBe('hi');
});

test('ignores-cancel works on to its end', async () => {
  const { client, call } = await begin(ignoresCancel.start, 30);
  expect((await client.cancel(1)).status).toBe(202);
  await client.seen('k', ({ ticks, finished }) => ticks === 30 && finished === 1);
  expect(call.open).toBe(true);
});

test('never-ends-stream stops, leaves the stream open, and DELETE ends it', async () => {
  const { client, call } = await begin(neverEndsStream.start, 10_000);
  expect((await client.cancel(1)).status).toBe(202);
  const { ticks } = await client.state('k');
  const other = client.call(2, 'slow', { key: 'other', steps: 20, interval_ms: 5 });
  await other.ended;
  expect(await client.state('k'), 'twenty ticks later').toEqual({ ticks, finished: 0 });
  expect(call.open).toBe(true);
  expect((await client.delete()).status).toBe(200);
  expect((await call.ended).filter((message) => 'id' in message)).toEqual([]);
});
