import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCollection } from './run.ts';
import { environmentOf, fixtureCollection, reporting } from './testing.ts';

let server: http.Server;
let mcpUrl: string;

beforeAll(async () => {
  server = http.createServer((request, response) => {
    response.setHeader('Mcp-Session-Id', 'session-secret-1');
    response.end(`echo ${request.headers.authorization}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mcpUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

const run = (items: Parameters<typeof fixtureCollection>[0], expected: string[] = [], timeoutMs = 20_000) =>
  runCollection(fixtureCollection(items, expected), environmentOf({ mcpUrl }), { timeoutMs });

/** Scripts for which stock Newman exits with 0, or loses the report; none of them may pass here. */
const FALSE_GREENS: Array<[what: string, test: string, problem: RegExp]> = [
  [
    'an async test that rejects',
    `pm.test('t', async () => { throw new Error('lost'); });`,
    /left unhandled while A-1 ran: .*lost/,
  ],
  [
    'an async function that rejects',
    `pm.test('t', () => {}); (async () => { throw new Error('lost'); })();`,
    /left unhandled while A-1 ran: .*lost/,
  ],
  [
    'a throw in a callback of a test with done',
    `pm.test('t', (done) => pm.sendRequest(pm.variables.get('mcpUrl'), () => { throw new Error('lost'); }));`,
    /lost|asserted nothing/,
  ],
  [
    'a test whose done is never called',
    `pm.test('t', (done) => { setTimeout(() => {}, 1); });`,
    /asserted nothing/,
  ],
  [
    'a throw in a timer',
    `pm.test('t', () => {}); setTimeout(() => { throw new Error('lost'); }, 1);`,
    /outside of a test: .*lost/,
  ],
  [
    'a throw in the callback of a request',
    `pm.test('t', () => {}); pm.sendRequest(pm.variables.get('mcpUrl'), () => { throw new Error('lost'); });`,
    /outside of a test: .*lost/,
  ],
  ['a script that throws', `throw new Error('lost');`, /test script of A-1 failed: .*lost/],
  ['await at the top level', `await 1; pm.test('t', () => {});`, /test script of A-1 failed: .*await/],
  ['a script without an assertion', `1;`, /A-1 asserted nothing/],
];

describe('gates against false greens', () => {
  it.each(FALSE_GREENS)('%s', async (_what, test, problem) => {
    const outcome = await run([{ name: 'A-1', test: `${reporting('A-1')}\n${test}` }], ['A-1']);
    expect(outcome.problems.join('\n')).toMatch(problem);
  });

  it('a pre-request script that throws', async () => {
    const outcome = await run(
      [
        {
          name: 'A-1',
          prerequest: `throw new Error('lost');`,
          test: `${reporting('A-1')} pm.test('t', () => {});`,
        },
      ],
      ['A-1'],
    );
    expect(outcome.problems).toContain('the prerequest script of A-1 failed: Error: lost');
  });

  it('a request that a jump leaves out', async () => {
    const passing = (id: string) => `${reporting(id)} pm.test('t', () => {});`;
    const outcome = await run(
      [
        { name: 'A-1', test: `${passing('A-1')} pm.execution.setNextRequest('nowhere');` },
        { name: 'A-2', test: passing('A-2') },
      ],
      ['A-1', 'A-2'],
    );
    expect(outcome.problems).toEqual(['1 of 2 cases reported nothing: A-2']);
  });

  it('a request that is skipped, and a collection without requests', async () => {
    const skipped = await run(
      [{ name: 'A-1', prerequest: 'pm.execution.skipRequest();', test: reporting('A-1') }],
      ['A-1'],
    );
    expect(skipped.problems.join('\n')).toMatch(/1 of 1 cases reported nothing: A-1/);
    const empty = await run([], ['A-1']);
    expect(empty.problems).toEqual(['1 of 1 cases reported nothing: A-1']);
  });

  it('a record left behind by an earlier case', async () => {
    const outcome = await run(
      [
        { name: 'A-1', test: `${reporting('A-1')} pm.test('t', () => {});` },
        { name: 'A-2', test: `pm.test('t', () => {});` },
      ],
      ['A-1', 'A-2'],
    );
    expect(outcome.problems).toEqual(['1 of 2 cases reported nothing: A-2']);
  });
});

describe('a run', () => {
  it('reads the records, counts assertions, and has nothing to complain about', async () => {
    const outcome = await run(
      [{ name: 'A-1 One', test: `${reporting('A-1')} pm.test('a', () => {}); pm.test.skip('b', () => {});` }],
      ['A-1'],
    );
    expect(outcome).toMatchObject({
      problems: [],
      assertions: 2,
      records: [{ case: 'A-1', verdict: 'pass' }],
    });
  });

  it("keeps an item's own request in the books, and a script's failing request out of them", async () => {
    const outcome = await run(
      [
        {
          name: 'A-1',
          test: `pm.sendRequest('http://127.0.0.1:1/refused', () => { ${reporting('A-1')} pm.test('t', () => {}); });`,
        },
      ],
      ['A-1'],
    );
    expect(outcome.problems).toEqual([]);
    expect(outcome.summary?.run.failures).toEqual([]);
    expect(outcome.summary?.run.executions.map((one) => one.request.url.toString())).toEqual([mcpUrl]);
  });

  it('masks the authorization and the session ids in all that is kept', async () => {
    const record = reporting('A-1').replace(
      '\\"transcript\\":\\"\\"',
      '\\"transcript\\":\\"token-9876 session-secret-1\\"',
    );
    const outcome = await runCollection(
      fixtureCollection(
        [
          {
            name: 'A-1',
            prerequest: `pm.request.headers.upsert({ key: 'Authorization', value: pm.variables.get('authorization') });`,
            test: `${record} console.log('token-9876'); pm.test('seen ' + pm.response.text(), () => {});`,
          },
        ],
        ['A-1'],
      ),
      environmentOf({ mcpUrl, authorization: 'Bearer token-9876', headers: '{"X-Api-Key":"key-4321"}' }),
      { timeoutMs: 20_000 },
    );
    const kept = JSON.stringify([outcome.records, outcome.summary], (_key, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value,
    );
    expect(outcome.records[0]?.transcript).toBe('*** ***');
    for (const secret of ['token-9876', 'session-secret-1', 'key-4321']) expect(kept).not.toContain(secret);
    expect(kept).toContain('***');
  });

  it('stops where it is interrupted', async () => {
    const interrupt = new AbortController();
    const outcome = await runCollection(
      fixtureCollection([{ name: 'A-1', test: 'setTimeout(() => {}, 60000);' }], ['A-1']),
      environmentOf({ mcpUrl }),
      { timeoutMs: 20_000, signal: interrupt.signal, onStart: () => interrupt.abort() },
    );
    expect(outcome.problems[0]).toBe('the run was interrupted');
  });

  it('gives up after its time, and says so', async () => {
    const outcome = await run([{ name: 'A-1', test: 'setTimeout(() => {}, 60000);' }], ['A-1'], 300);
    expect(outcome.problems[0]).toMatch(/was not done after 0.3 s; raise --timeout/);
  });
});
