import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../config.ts';
import { ended, leftovers, type Message, NOTHING, startServer, TestClient } from '../testing.ts';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function begin(capabilities: object, settings: Partial<Config> = {}) {
  const server = await startServer(settings);
  const client = new TestClient(server.url);
  opened.push(server, client);
  await client.initialize(capabilities);
  const call = client.call('ask', 'ask', { key: 'k' });
  return { server, client, call };
}

const answers: [string, object, Message, string][] = [
  [
    'sampling',
    { sampling: {}, elicitation: {} },
    { role: 'assistant', model: 'test', content: { type: 'text', text: 'go on' } },
    'sampling/createMessage',
  ],
  [
    'elicitation',
    { elicitation: {} },
    { action: 'accept', content: { answer: 'go on' } },
    'elicitation/create',
  ],
];

describe.each(answers)('by %s', (_name, capabilities, result, method) => {
  test('the client is asked on the stream of the call, and its answer is the result', async () => {
    const { client, call } = await begin(capabilities);
    const question = await call.find((message) => message.method === method);
    const answer = client.post({ jsonrpc: '2.0', id: question.id, result });
    expect(await answer.ended).toEqual([]);
    expect(answer.status).toBe(202);
    expect((await call.answer()).result.structuredContent).toEqual({ key: 'k', answer: result });
    expect(await client.state('k')).toMatchObject({ call: 'completed', finished: 1, cancelled: 0 });
  });

  test.each(['error', 'none'] as const)(
    'cancelled (%s): the question is withdrawn, and a late answer changes nothing',
    async (cancelReply) => {
      const { server, client, call } = await begin(capabilities, { cancelReply });
      const question = await call.find((message) => message.method === method);
      await client.cancel('ask', 'never mind');
      await ended(call);
      const after = call.messages.slice(call.messages.indexOf(question) + 1);
      expect(after[0]).toMatchObject({
        method: 'notifications/cancelled',
        params: { requestId: question.id },
      });
      const final = after.slice(1);
      if (cancelReply === 'none') expect(final).toEqual([]);
      else
        expect(final).toMatchObject([{ id: 'ask', error: { code: -32800, data: { reason: 'never mind' } } }]);
      const state = await client.seen('k', ({ handler }) => handler === 'ended');
      expect(state).toMatchObject({ call: 'cancelled', cancelled: 1, finished: 0, cleaned_up: true });
      const late = client.post({ jsonrpc: '2.0', id: question.id, result });
      expect(await late.ended).toEqual([]);
      expect(late.status).toBe(202);
      expect(await client.state('k')).toEqual(state);
      const session: Message = server.sessions.find(String(client.session));
      expect(leftovers(session)).toEqual(NOTHING);
      expect(session.server._responseHandlers.size).toBe(0);
      expect(session.server._timeoutInfo.size).toBe(0);
    },
  );
});

test.each([
  ['a client that offers neither', {}, {}, /neither sampling nor elicitation/],
  ['JSON mode', { sampling: {} }, { responseMode: 'json' } as const, /no stream to ask on/],
])('%s: a clear error', async (_name, capabilities, settings, why) => {
  const { call } = await begin(capabilities, settings);
  const { result } = await call.answer();
  expect(result.isError).toBe(true);
  expect(result.content[0].text).toMatch(why);
});
