import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leftovers, type Message, NOTHING, startServer, TestClient, type TestServer } from './testing.ts';

let server: TestServer;
let client: TestClient;
const clients: TestClient[] = [];

beforeAll(async () => {
  server = await startServer();
  client = await open();
});

afterAll(async () => {
  await Promise.all(clients.map((each) => each.close()));
  await server.close();
});

async function open(): Promise<TestClient> {
  const opened = await TestClient.open(server.url);
  clients.push(opened);
  return opened;
}

let keys = 0;
const newKey = () => `key-${++keys}`;

/** A call that would take a minute, once it runs. */
async function begin(id: string | number, { by = client, key = newKey(), interval_ms = 5 } = {}) {
  const exchange = by.call(id, 'slow', { key, steps: 60_000 / interval_ms, interval_ms });
  await exchange.started();
  return { id, key, exchange };
}

/** A cancel's line in the log. */
const cancels = (id: unknown) => server.logged('cancel').filter((line) => line.id === id);

describe('a cancel', () => {
  test('gets 202 with an empty body; the call gets -32800 with the reason, and its stream ends', async () => {
    const { exchange, key } = await begin('a-cancel');
    await exchange.find((message) => message.method === 'notifications/progress');
    const cancel = await client.cancel('a-cancel', 'changed my mind');
    expect([cancel.status, cancel.messages]).toEqual([202, []]);
    const messages = await exchange.ended;
    expect(exchange.status).toBe(200);
    expect(messages.at(-1)).toEqual({
      jsonrpc: '2.0',
      id: 'a-cancel',
      error: { code: -32800, message: 'Request cancelled', data: { reason: 'changed my mind' } },
    });
    expect(messages.slice(0, -1).every(({ method }) => method.startsWith('notifications/'))).toBe(true);
    const state = await client.seen(key, ({ handler }) => handler === 'ended');
    expect(state).toMatchObject({
      call: 'cancelled',
      cancelled: 1,
      finished: 0,
      cleaned_up: true,
      reason: 'changed my mind',
    });
    expect(state.cancel_ms).toBeGreaterThanOrEqual(0);
    expect(state.ended_at >= state.started_at).toBe(true);
    expect(cancels('a-cancel')).toMatchObject([
      { result: 'cancelled', reason: 'changed my mind', session: client.session?.slice(0, 8) },
    ]);
    const calls = server.logged('call').filter((line) => line.id === 'a-cancel');
    expect(calls).toMatchObject([{ tool: 'slow', outcome: 'cancelled', reason: 'changed my mind' }]);
    expect(calls[0].duration_ms).toBeGreaterThanOrEqual(0);
  });

  test.each([
    [undefined, null],
    ['', ''],
    ['ünïcödé 🛑 '.repeat(1000), 'ünïcödé 🛑 '.repeat(1000)],
  ])('its reason is passed on, whatever it is (%#)', async (reason, expected) => {
    const { exchange } = await begin(`reason-${String(reason?.length)}`);
    await client.cancel(`reason-${String(reason?.length)}`, reason);
    expect((await exchange.answer()).error.data).toEqual({ reason: expected });
  });

  test('is answered before the handler has noticed', async () => {
    // This handler is between two ticks for a minute; the answer must not wait for it even if it never looked.
    const { exchange } = await begin('at-once', { interval_ms: 60_000 });
    const sent = performance.now();
    await client.cancel('at-once');
    expect((await exchange.answer()).error.code).toBe(-32800);
    expect(performance.now() - sent).toBeLessThan(1000);
  });

  test('names one call by its id and its JSON type, and leaves all others alone', async () => {
    const ids = [7, '7', 0, '0', '', -7, '-7', 2 ** 53 - 1, 'ключ 🛑', ' '];
    const begun = await Promise.all(ids.map((id) => begin(id)));
    for (const [index, { id, exchange }] of begun.entries()) {
      await client.cancel(id, `cancel ${JSON.stringify(id)}`);
      expect(await exchange.answer()).toMatchObject({
        id,
        error: { data: { reason: `cancel ${JSON.stringify(id)}` } },
      });
      for (const other of begun.slice(index + 1)) expect(other.exchange.open, `${other.id}`).toBe(true);
    }
  });

  test('does not touch the call beside it', async () => {
    const key = newKey();
    const sibling = client.call('sibling', 'slow', { key, steps: 40, interval_ms: 5 });
    await sibling.started();
    const { exchange } = await begin('beside');
    await client.cancel('beside');
    await exchange.ended;
    const messages = await sibling.ended;
    expect(messages.at(-1).result.content).toEqual([{ type: 'text', text: 'completed 40 steps' }]);
    expect(messages.filter(({ method }) => method === 'notifications/progress')).toHaveLength(40);
    expect(await client.state(key)).toMatchObject({
      call: 'completed',
      ticks: 40,
      finished: 1,
      cancelled: 0,
    });
  });

  test('reaches a call whose client has hung up, which went on until then', async () => {
    const { exchange, key } = await begin('hung-up');
    exchange.hangUp();
    const { ticks } = await client.state(key);
    await client.seen(key, (state) => state.ticks >= ticks + 10);
    expect(await client.state(key)).toMatchObject({ call: 'running', cancelled: 0 });
    await client.cancel('hung-up');
    await client.seen(key, ({ call, handler }) => call === 'cancelled' && handler === 'ended');
  });

  test('leaves nothing in memory', async () => {
    const fresh = await open();
    const { exchange } = await begin(1, { by: fresh });
    const session = server.sessions.find(String(fresh.session));
    expect(leftovers(session)).toEqual({
      streams: 1,
      requests: 1,
      responses: 0,
      controllers: 1,
      calls: 1,
      unanswered: 1,
    });
    await fresh.cancel(1);
    await exchange.ended;
    expect(leftovers(session)).toEqual(NOTHING);
  });
});

describe('a cancel that comes to nothing gets 202, and', () => {
  test('an unknown id changes nothing', async () => {
    const { exchange } = await begin('known');
    expect((await client.cancel('never-used', 'why')).status).toBe(202);
    expect(cancels('never-used')).toMatchObject([{ result: 'ignored', why: 'unknown', reason: 'why' }]);
    expect(exchange.open).toBe(true);
    await client.cancel('known');
  });

  test('the id as another JSON type is unknown', async () => {
    const { exchange } = await begin(4711);
    await client.cancel('4711');
    expect(cancels('4711')).toMatchObject([
      { result: 'ignored', why: 'unknown', hint: 'in flight as a number' },
    ]);
    expect(exchange.open).toBe(true);
    await client.cancel(4711);
    expect((await exchange.answer()).error.code).toBe(-32800);
  });

  test('a finished call stays finished', async () => {
    const answer = await client.call('done', 'quick', { text: 'hi' }).answer();
    expect(answer.result.content[0].text).toBe('hi');
    expect((await client.cancel('done')).status).toBe(202);
    expect(cancels('done')).toMatchObject([{ result: 'ignored', why: 'late' }]);
  });

  test('a second cancel changes neither the answer nor the reason', async () => {
    const { exchange, key } = await begin('twice');
    const both = await Promise.all([client.cancel('twice', 'one'), client.cancel('twice', 'one')]);
    const third = await client.cancel('twice', 'three');
    expect([...both, third].map(({ status }) => status)).toEqual([202, 202, 202]);
    expect((await exchange.ended).filter((message) => 'id' in message)).toHaveLength(1);
    expect(await client.state(key)).toMatchObject({ reason: 'one', cancelled: 1 });
    expect(cancels('twice').map(({ result, why }) => why ?? result)).toEqual([
      'cancelled',
      'duplicate',
      'duplicate',
    ]);
  });

  test('an early one is not remembered', async () => {
    await client.cancel('early');
    expect(cancels('early')).toMatchObject([{ result: 'ignored', why: 'unknown' }]);
    const answer = await client.call('early', 'slow', { key: newKey(), steps: 3, interval_ms: 1 }).answer();
    expect(answer.result.content[0].text).toBe('completed 3 steps');
  });

  test("another session's call goes on", async () => {
    const other = await open();
    const { exchange } = await begin('foreign');
    expect((await other.cancel('foreign')).status).toBe(202);
    expect(cancels('foreign')).toMatchObject([
      {
        result: 'ignored',
        why: 'other_session',
        session: other.session?.slice(0, 8),
      },
    ]);
    expect(exchange.open).toBe(true);
    await client.cancel('foreign');
    expect((await exchange.answer()).error.code).toBe(-32800);
  });

  test('the same id in two sessions is two calls', async () => {
    const other = await open();
    const [mine, theirs] = [await begin('same'), await begin('same', { by: other })];
    await client.cancel('same');
    await mine.exchange.ended;
    expect(theirs.exchange.open).toBe(true);
    await other.cancel('same');
    await theirs.exchange.ended;
  });

  const malformed: [string, unknown][] = [
    ['no params', undefined],
    ['empty params', {}],
    ['params are an array', ['malformed']],
    ['params are text', 'malformed'],
    ['requestId null', { requestId: null }],
    ['requestId an object', { requestId: { id: 'malformed' } }],
    ['requestId an array', { requestId: ['malformed'] }],
    ['requestId a boolean', { requestId: true }],
    ['requestId a fraction', { requestId: 1.5 }],
    ['a reason that is no text', { requestId: 'malformed', reason: 7 }],
  ];

  test.each(malformed)('malformed: %s', async (_name, params) => {
    const { exchange } = await begin('malformed');
    const before = server.logged('cancel').length;
    const cancel = client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    expect(await cancel.ended).toEqual([]);
    expect(cancel.status).toBe(202);
    expect(server.logged('cancel').slice(before)).toMatchObject([{ result: 'ignored', why: 'malformed' }]);
    expect(exchange.open).toBe(true);
    await client.cancel('malformed');
    await exchange.ended;
  });

  test('a hundred of them at once do no harm', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => client.cancel(`burst-${i}`)));
    expect(all.every(({ status }) => status === 202)).toBe(true);
    expect((await client.tool('quick', { text: 'alive' })).result.content[0].text).toBe('alive');
  });
});

test('a cancel with an id is a request, unknown as a method, and cancels nothing', async () => {
  const { exchange } = await begin('with-id');
  const params = { requestId: 'with-id' };
  const answer = await client
    .post({ jsonrpc: '2.0', id: 99, method: 'notifications/cancelled', params })
    .answer();
  expect(answer).toMatchObject({ id: 99, error: { code: -32601 } });
  expect(exchange.open).toBe(true);
  await client.cancel('with-id');
});

test('a cancel at any moment of a call: exactly one answer, and the session lives', async () => {
  const outcomes = new Set<unknown>();
  // From before the call is known, over each of its steps, to the last one, with which its result is on its way.
  for (const round of Array.from({ length: 21 }, (_, i) => i)) {
    const exchange = client.call(`race-${round}`, 'slow', { key: newKey(), steps: 5, interval_ms: 2 });
    const step = (round % 7) - 1;
    if (step === 0) await exchange.started();
    if (step > 0) await exchange.find(({ params }) => params?.progress === step);
    expect((await client.cancel(`race-${round}`)).status).toBe(202);
    const answers = (await exchange.ended).filter((message) => 'id' in message);
    expect(answers).toHaveLength(1);
    outcomes.add('error' in answers[0] ? answers[0].error.code : 'result');
  }
  expect(outcomes, 'both ends of the race were seen').toEqual(new Set([-32800, 'result']));
});

describe('a call', () => {
  test('progress increases strictly, and ends with the call', async () => {
    const exchange = client.call('progress', 'slow', { key: newKey(), steps: 20, interval_ms: 1 });
    const messages = await exchange.ended;
    const progress = messages
      .filter(({ method }) => method === 'notifications/progress')
      .map(({ params }) => params);
    expect(progress.map((each) => each.progress)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(progress.every((each) => each.progressToken === 'progress' && each.total === 20)).toBe(true);
    expect(messages.at(-1).result.structuredContent).toMatchObject({ steps: 20 });
  });

  test('without a progress token there is no progress', async () => {
    const params = { name: 'slow', arguments: { key: newKey(), steps: 3, interval_ms: 1 } };
    const messages = await client.post({ jsonrpc: '2.0', id: 'quiet', method: 'tools/call', params }).ended;
    expect(messages.map(({ method, id }) => method ?? id)).toEqual(['notifications/message', 'quiet']);
  });

  test('can be witnessed from another session', async () => {
    const other = await open();
    const { key, id, exchange } = await begin('witnessed');
    const answer = await other.tool('state', { key });
    expect(answer.result.structuredContent).toMatchObject({
      call: 'running',
      handler: 'running',
      ended_at: null,
    });
    expect(JSON.parse(answer.result.content[0].text)).toEqual(answer.result.structuredContent);
    await client.cancel(id);
    await exchange.ended;
  });

  test('of a key that was never used: a clear error', async () => {
    const { result } = await client.tool('state', { key: 'nobody' });
    expect(result).toEqual({
      isError: true,
      content: [{ type: 'text', text: 'No call with key "nobody" has been seen.' }],
    });
  });

  const wrong: [string, Message, RegExp][] = [
    ['an unknown tool', { name: 'nope', arguments: {} }, /^Unknown tool "nope"; there are: .*slow/],
    [
      'a missing argument',
      { name: 'slow', arguments: { key: 'k', steps: 1 } },
      /of tool slow: interval_ms: /,
    ],
    [
      'an argument out of bounds',
      { name: 'slow', arguments: { key: 'k', steps: 0, interval_ms: 1 } },
      /steps: .*>=1/,
    ],
    ['a misspelt argument', { name: 'quick', arguments: { text: '', txet: '' } }, /Unrecognized key: "txet"/],
    ['no arguments', { name: 'quick' }, /of tool quick: text: /],
    ['no params', undefined, /tools\/call/],
  ];

  test.each(wrong)('%s is -32602 and says what is wrong', async (_name, params, message) => {
    const answer = await client.post({ jsonrpc: '2.0', id: 5, method: 'tools/call', params }).answer();
    expect(answer).toMatchObject({ id: 5, error: { code: -32602, message: expect.stringMatching(message) } });
  });

  test('with an id in flight is refused, and the first one goes on', async () => {
    const { exchange } = await begin('taken');
    const second = client.call('taken', 'quick', { text: '' });
    expect(await second.answer()).toMatchObject({ id: 'taken', error: { code: -32600 } });
    expect(second.status).toBe(409);
    expect(exchange.open).toBe(true);
    await client.cancel('taken');
    expect((await exchange.answer()).error.code).toBe(-32800);
  });
});

test('logging/setLevel is kept for each session', async () => {
  const quiet = await open();
  const set = (level: string) =>
    quiet.post({ jsonrpc: '2.0', id: 1, method: 'logging/setLevel', params: { level } });
  expect((await set('loud').answer()).error.code).toBe(-32602);
  expect((await set('error').answer()).result).toEqual({});
  const run = (by: TestClient) => by.call(2, 'slow', { key: newKey(), steps: 1, interval_ms: 1 }).ended;
  const lines = (messages: Message[]) => messages.filter(({ method }) => method === 'notifications/message');
  expect(lines(await run(quiet))).toEqual([]);
  expect(lines(await run(client))).toHaveLength(1);
});

test('tools/list: schemas that any client accepts', async () => {
  const { tools } = (await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }).answer()).result;
  expect(tools.map((tool: Message) => tool.name).sort()).toEqual([
    'ask',
    'list_calls',
    'poll',
    'process_large_file',
    'quick',
    'slow',
    'state',
    'stubborn',
  ]);
  for (const tool of tools) {
    expect(tool.description).toBeTruthy();
    for (const schema of [tool.inputSchema, tool.outputSchema ?? tool.inputSchema]) {
      expect(schema).toMatchObject({ type: 'object' });
      expect(schema).not.toHaveProperty('$schema');
    }
  }
  const file = tools.find((tool: Message) => tool.name === 'process_large_file');
  expect(file.inputSchema.required).toEqual(['filename']);
  expect(file.inputSchema.properties.processing_time).toMatchObject({
    default: 10,
    minimum: 1,
    maximum: 3600,
  });
});

describe('prompts and resources', () => {
  const ask = async (method: string, params: object = {}) =>
    client.post({ jsonrpc: '2.0', id: method, method, params }).answer();

  test('are listed', async () => {
    expect((await ask('prompts/list')).result.prompts).toMatchObject([
      { name: 'slow_prompt', arguments: [{ name: 'key' }, { name: 'steps' }, { name: 'interval_ms' }] },
    ]);
    expect((await ask('resources/list')).result).toEqual({ resources: [] });
    expect((await ask('resources/templates/list')).result.resourceTemplates).toMatchObject([
      { name: 'slow', uriTemplate: 'slow://{key}{?steps,interval_ms}' },
    ]);
  });

  test('answer when they are done', async () => {
    const key = newKey();
    const prompt = { name: 'slow_prompt', arguments: { key, steps: '3', interval_ms: '1' } };
    const text = 'completed 3 steps';
    expect((await ask('prompts/get', prompt)).result.messages).toEqual([
      { role: 'user', content: { type: 'text', text } },
    ]);
    expect(await client.state(key)).toMatchObject({ call: 'completed', ticks: 3, finished: 1, cancelled: 0 });
    const uri = `slow://${encodeURIComponent('a key/ü')}?interval_ms=1&steps=3`;
    expect((await ask('resources/read', { uri })).result.contents).toEqual([
      { uri, mimeType: 'text/plain', text },
    ]);
    expect(await client.state('a key/ü')).toMatchObject({ call: 'completed', ticks: 3, finished: 1 });
  });

  const completing = (name: string, context?: object) => ({
    ref: { type: 'ref/prompt', name: 'slow_prompt' },
    argument: { name, value: newKey() },
    ...(context && { context: { arguments: context } }),
  });

  test('complete what is asked for, slowly where that is said', async () => {
    const wanted = completing('key', { steps: '3', interval_ms: '1' });
    const { value } = wanted.argument;
    expect((await ask('completion/complete', wanted)).result.completion.values).toEqual([value]);
    expect(await client.state(value)).toMatchObject({ call: 'completed', ticks: 3, finished: 1 });
    for (const other of [completing('key'), completing('steps', {})])
      expect((await ask('completion/complete', other)).result.completion.values).toEqual([]);
    const odd = completing('key', { steps: 'many', interval_ms: '1' });
    expect((await ask('completion/complete', odd)).error).toMatchObject({ code: -32602 });
    expect((await ask('completion/complete', {})).error).toMatchObject({ code: -32602 });
  });

  test('a completion can be cancelled', async () => {
    const params = completing('key', { steps: '10000', interval_ms: '5' });
    const call = client.post({ jsonrpc: '2.0', id: 'completion', method: 'completion/complete', params });
    await call.started();
    await client.cancel('completion', 'enough');
    expect(await call.answer()).toMatchObject({ id: 'completion', error: { code: -32800 } });
    await client.seen(params.argument.value, ({ handler }) => handler === 'ended');
  });

  const wrong: [string, string, object, number, RegExp][] = [
    [
      'an unknown prompt',
      'prompts/get',
      { name: 'nope' },
      -32602,
      /^Unknown prompt "nope"; there are: slow_prompt/,
    ],
    [
      'a prompt without arguments',
      'prompts/get',
      { name: 'slow_prompt' },
      -32602,
      /of prompt slow_prompt: key: /,
    ],
    [
      'an unknown resource',
      'resources/read',
      { uri: 'file:///etc/passwd' },
      -32002,
      /^Unknown resource .* slow:/,
    ],
    ['a bad escape', 'resources/read', { uri: 'slow://%E0%A4%A?steps=1' }, -32002, /^Unknown resource/],
    [
      'a number that is none',
      'resources/read',
      { uri: 'slow://k?steps=x&interval_ms=1' },
      -32602,
      /steps: a whole number/,
    ],
    ['no URI', 'resources/read', {}, -32602, /uri/],
  ];

  test.each(wrong)('%s is refused and says what is wrong', async (_name, method, params, code, message) => {
    expect(await ask(method, params)).toMatchObject({
      error: { code, message: expect.stringMatching(message) },
    });
  });
});
