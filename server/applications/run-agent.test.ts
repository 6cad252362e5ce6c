import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ended } from '../testing.ts';
import { begin, inspect, inspected, LONG, type Started, startApplications } from './testing.ts';

const BRANCHES = ['query_database', 'train_model', 'call_api', 'process_batch'];

let server: Started;
afterEach(() => server.close());

async function start(capabilities: object = { sampling: {} }) {
  server = await startApplications({ capabilities });
  return server.client;
}

test('the model of the client is asked while the tools work, and what it says is in the result', async () => {
  const client = await start();
  const call = client.call('a', 'run_agent', {
    goal: 'quiet seas',
    effort: 1,
    tools: ['process_batch'],
    key: 'a',
  });
  const question = await call.find(({ method }) => method === 'sampling/createMessage');
  expect(question.params.messages[0].content.text).toMatch('quiet seas');
  await client.seen('a/process_batch', ({ call }) => call === 'completed');
  expect((await inspect(client, 'a')).facts).toEqual({ branches: 'process_batch', question: 'outstanding' });
  const answer = { role: 'assistant', model: 'test', content: { type: 'text', text: 'the waves' } };
  await client.post({ jsonrpc: '2.0', id: question.id, result: answer }).ended;
  expect((await call.answer()).result.structuredContent).toMatchObject({
    goal: 'quiet seas',
    steps: [{ tool: 'process_batch', outcome: 'completed' }],
    advice: 'the waves',
  });
  expect((await inspect(client, 'a')).facts.question).toBe('answered');
});

test('a model that does not answer takes nothing from the result but its advice', async () => {
  const client = await start();
  const call = client.call('a', 'run_agent', { goal: 'x', effort: 1, tools: ['process_batch'] });
  const { id } = await call.find(({ method }) => method === 'sampling/createMessage');
  await client.post({ jsonrpc: '2.0', id, error: { code: -1, message: 'user rejected' } }).ended;
  expect((await call.answer()).result.structuredContent).toMatchObject({
    steps: [{ outcome: 'completed' }],
    advice: null,
  });
});

test('a client without a model is not asked', async () => {
  const client = await start({});
  const call = await begin(client, 'run_agent');
  expect((await inspect(client, 'run_agent')).facts.question).toBe('none');
  await client.cancel('run_agent');
  await ended(call);
  expect(call.messages.some(({ method }) => method === 'sampling/createMessage')).toBe(false);
});

test('one cancel stops every branch, and withdraws the question on the stream', async () => {
  const client = await start();
  const call = await begin(client, 'run_agent', 'a');
  const question = await call.find(({ method }) => method === 'sampling/createMessage');
  await inspected(client, 'a', ({ facts }) => facts.branches === BRANCHES.join(' '));
  await client.cancel('a', 'enough');
  await ended(call);

  const found = await inspected(client, 'a', ({ work, left }) => work !== 'running' && left === 0);
  expect(found).toMatchObject({ work: 'stopped', facts: { question: 'withdrawn' } });
  for (const branch of BRANCHES) {
    const seen = await client.state(`a/${branch}`);
    expect(seen, branch).toMatchObject({
      call: 'cancelled',
      handler: 'ended',
      cancelled: 1,
      finished: 0,
      cleaned_up: true,
      reason: 'enough',
    });
    expect(await inspect(client, `a/${branch}`), branch).toMatchObject({ work: 'stopped', left: 0 });
  }
  expect(await client.state('a/question')).toMatchObject({ call: 'cancelled', cancelled: 1, finished: 0 });
  const withdrawal = call.messages.find(({ method }) => method === 'notifications/cancelled');
  expect(withdrawal.params.requestId).toBe(question.id);
  expect((await client.state('a')).handler).toBe('ended');
});

test('its progress is that of all branches together', async () => {
  const client = await start({});
  const call = client.call('a', 'run_agent', { goal: 'x', effort: 3 });
  await ended(call);
  const progress = call.messages.filter(({ method }) => method === 'notifications/progress');
  const shares = progress.map(({ params }) => params.progress);
  expect(shares.every((share, n) => n === 0 || share > shares[n - 1])).toBe(true);
  expect(progress.every(({ params }) => params.total === 1000)).toBe(true);
  expect(shares.at(-1)).toBe(1000);
});

test('a tool that refuses is a step that failed', async () => {
  const client = await start({});
  for (const key of ['1', '2']) await begin(client, 'train_model', key);
  const { result } = await client.tool('run_agent', {
    goal: 'x',
    effort: 1,
    tools: ['train_model', 'process_batch'],
  });
  expect(result.structuredContent.steps).toMatchObject([
    { tool: 'train_model', outcome: 'failed', told: expect.stringMatching('in use') },
    { tool: 'process_batch', outcome: 'completed' },
  ]);
});

test('an agent that could begin nothing has failed, whatever an earlier one with its key has done', async () => {
  const client = await start({});
  const args = { goal: 'x', effort: 1, tools: ['train_model'], key: 'a' };
  await client.tool('run_agent', args);
  expect(await inspect(client, 'a')).toMatchObject({ work: 'finished', facts: { branches: 'train_model' } });
  for (const key of ['1', '2']) await begin(client, 'train_model', key);
  const { result } = await client.tool('run_agent', args);
  expect(result.structuredContent.steps).toMatchObject([{ outcome: 'failed' }]);
  expect(await inspect(client, 'a')).toMatchObject({
    work: 'failed',
    told: 'nothing was begun',
    facts: { branches: '' },
  });
});

test('a branch that breaks ends the others, and the agent', async () => {
  const client = await start({});
  await writeFile(join(server.dataDir, 'batches'), 'where a folder should be');
  const call = client.call('a', 'run_agent', {
    ...LONG.run_agent,
    tools: ['call_api', 'process_batch'],
    key: 'a',
  });
  expect((await call.answer()).error).toMatchObject({ code: -32603 });
  expect(await client.state('a/process_batch')).toMatchObject({ call: 'failed' });
  expect(await client.state('a/call_api')).toMatchObject({ call: 'cancelled', handler: 'ended' });
  expect(await client.state('a')).toMatchObject({ call: 'failed', cancelled: 0, finished: 0 });
});
