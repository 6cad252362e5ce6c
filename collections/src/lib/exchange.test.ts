import { expect, it } from 'vitest';
import { createClock } from './clock.ts';
import { type OutgoingRequest, sendExchange } from './exchange.ts';
import { hangUpHeaders } from './hang-up.ts';
import type { ClearTimer, Pm, SetTimer } from './sandbox.ts';

async function timesOf(headers: OutgoingRequest['headers'], body: string) {
  const response = { code: 200, headers: { get: () => 'text/event-stream' }, text: () => body };
  const pm = {
    sendRequest: (_request: unknown, tell: (error: unknown, answer: unknown) => void) => tell(null, response),
  } as unknown as Pm;
  const timers = [setTimeout as unknown as SetTimer, clearTimeout as unknown as ClearTimer] as const;
  const clock = createClock(...timers, Date.now());
  const { ended } = sendExchange(pm, clock, [], 'call', { method: 'POST', url: '', headers });
  return (await ended).events.map(({ at }) => at);
}

it('believes the times of events where the hang-up proxy was asked for them, and nobody else', async () => {
  const body = 'data: a\n\n: at 17\n: at 5\n\ndata: b\n\n: at 18\n';
  expect(await timesOf(hangUpHeaders({ times: true }), body)).toEqual([17, 18]);
  expect(await timesOf([], body)).toEqual([undefined, undefined]);
});
