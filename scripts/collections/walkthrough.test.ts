import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTemporary } from '../../server/temporary.ts';
import { runMain } from '../runner/run-main.ts';
import { type Sent, untilRunning, workspace } from './workspace.ts';

/** The walkthrough as hands do it: the requests one by one, two of them in tabs that wait side by side. */

async function server(settings: Parameters<typeof startTemporary>[0] = {}) {
  const started = await startTemporary(settings, pino({ level: 'silent' }));
  onTestFinished(() => started.close());
  return started;
}

const observed = ({ record }: Sent) => record.checks.map((check) => `${check.verdict}: ${check.observed}`);

describe.each([
  ['notifications/cancelled', 1, '"requestId": 1'],
  ['$/cancelRequest', 8, '"id": 1'],
])('the walkthrough by hand, with %s', (method, first, id) => {
  const step = (n: number) => `W-${first + n}`;

  it.each([
    ['error', 'error -32800 id=1 "Request cancelled"'],
    ['none', 'HTTP 200, and the exchange closed without an answer'],
  ] as const)('cancels the call of the other tab by its id; CANCEL_REPLY=%s', async (cancelReply, end) => {
    const { url } = await server({ cancelReply });
    const { send, open, kept } = workspace(url);
    await send(step(0));
    expect(observed(await send(step(1)))).toEqual([
      'pass: 202, 0 characters; the next call will have the id 1',
    ]);
    const call = open(step(2));
    await call.prepared;
    await untilRunning(send, step(4));

    const cancel = await send(step(3));
    expect(cancel.body).toContain(method);
    expect(cancel.body).toContain(id);
    expect(observed(cancel)).toEqual(['pass: 202, 0 characters; before an end of the call was seen']);
    const ended = await call.sent;
    expect(ended.record.verdict).toBe('pass');
    expect(ended.record.checks[0]?.observed).toContain(end);

    expect(observed(await send(step(4)))[0]).toMatch(/^pass: \d+ ticks, finished 0, its handler ended$/);
    expect(observed(await send(step(5)))).toEqual(['pass: result id="ping" {}']);
    expect(observed(await send(step(6)))).toEqual(['pass: HTTP 200']);
    expect(kept.get('sessionId')).toBe('');
    const { record, code, reply } = await send(step(5));
    expect(record.checks[0]?.observed).toBe('there is no session: send the first step, Initialize');
    expect([code, reply]).toEqual([400, expect.stringMatching(/session/i)]);
  });
});

it('takes the next id where the call is sent again', async () => {
  const { url } = await server();
  const { send, kept } = workspace(url, '0.05');
  for (const id of ['W-1', 'W-2', 'W-3']) await send(id);
  expect(kept.get('callId')).toBe('1');
  expect((await send('W-3')).body).toContain('"id": 2,');
  expect(observed(await send('W-4'))[0]).toBe(
    'pass: 202, 0 characters; a late cancel, which changes nothing: the call had ended before, with its result',
  );
});

it('runs headless from top to bottom, and says that the cancel comes late', async () => {
  const { exitCode, cases, screen } = await runMain(['--collection', 'walkthrough']);
  expect([exitCode, screen]).toEqual([0, expect.stringContaining('14 of 14 cases pass')]);
  const seen = (id: string) =>
    cases()
      .find((one) => one.id === id)
      ?.checks.map((check) => check.observed);
  for (const id of ['W-4', 'W-11']) expect(seen(id)?.[0]).toContain('a late cancel, which changes nothing');
  for (const id of ['W-5', 'W-12'])
    expect(seen(id)?.[0]).toBe('the cancel came late: there was nothing to stop');
});
