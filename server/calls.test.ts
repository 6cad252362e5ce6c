import { describe, expect, test, vi } from 'vitest';
import { type CallCancelled, Calls } from './calls.ts';
import { Telemetry } from './telemetry.ts';
import type { Outlet } from './tools/call.ts';
import type { CallRecord, ToolCall } from './tools/tool.ts';

function outlet() {
  return { progress: vi.fn(), log: vi.fn(), serverLog: vi.fn() } satisfies Outlet;
}

/** A call whose handler ends when the test says so, and does not look at its signal. */
function begin(calls: Calls, id: string | number, to: Outlet = outlet()) {
  let finish = () => {};
  let fail = (_error: Error) => {};
  let call!: ToolCall;
  const answer = calls.start(id, 'tool', to, (given) => {
    call = given;
    return new Promise<{ id: unknown; isError?: boolean }>((resolve, reject) => {
      finish = () => resolve({ id });
      fail = reject;
    });
  });
  answer.catch(() => {});
  return { answer, call, finish: () => finish(), fail: (error: Error) => fail(error) };
}

describe('ids', () => {
  const ids = [0, '0', '', 7, '7', -1, '-1', 2 ** 53 - 1, 'ü', '🛑'];

  test.each(ids)('%j is cancelled, and nothing else', async (id) => {
    const calls = new Calls();
    const begun = new Map(ids.map((each) => [each, begin(calls, each)]));
    expect(calls.cancel(id, 'why')).toBe('cancelled');
    await expect(begun.get(id)?.answer).rejects.toMatchObject({
      code: -32800,
      message: 'Request cancelled',
      data: { reason: 'why' },
    });
    for (const [each, { call }] of begun) expect(call.cancelled).toBe(each === id);
    expect(calls.size).toBe(ids.length - 1);
  });

  test('an id in flight cannot be started again, and the first call stays as it is', async () => {
    const calls = new Calls();
    const { answer, finish } = begin(calls, 1);
    expect(() => begin(calls, 1)).toThrow('in flight');
    finish();
    await expect(answer).resolves.toEqual({ id: 1 });
  });
});

describe('settling', () => {
  test('a handler that returns completes the call', async () => {
    const settled: CallRecord['call'][] = [];
    const calls = new Calls(new Telemetry().on('callSettled', ({ call }) => settled.push(call)));
    const { answer, call, finish } = begin(calls, 1);
    finish();
    await expect(answer).resolves.toEqual({ id: 1 });
    expect(call.record).toMatchObject({ call: 'completed', handler: 'ended', reason: null, cancelMs: null });
    expect(call.record.endedAt).toBeGreaterThanOrEqual(call.record.startedAt);
    expect(settled).toEqual(['completed']);
    expect(calls.size).toBe(0);
  });

  test('a handler that throws, or says isError, fails it', async () => {
    const calls = new Calls();
    const { answer, call, fail } = begin(calls, 1);
    fail(new Error('broken'));
    await expect(answer).rejects.toThrow('broken');
    expect(call.record.call).toBe('failed');
    let record: CallRecord | undefined;
    await calls.start(2, 'tool', outlet(), async (call) => {
      record = call.record;
      return { isError: true };
    });
    expect(record?.call).toBe('failed');
  });

  test('a cancel answers at once, and the handler is followed to its end', async () => {
    const settled: string[] = [];
    const calls = new Calls(new Telemetry().on('callSettled', ({ call }) => settled.push(call)));
    const { answer, call, finish } = begin(calls, 1);
    calls.cancel(1, null);
    await expect(answer).rejects.toMatchObject({ code: -32800, data: { reason: null } });
    expect(call.record).toMatchObject({
      call: 'cancelled',
      handler: 'running',
      cancelMs: null,
      endedAt: null,
    });
    finish();
    await calls.idle();
    expect(call.record).toMatchObject({ call: 'cancelled', handler: 'ended' });
    expect(call.record.cancelMs).toBeGreaterThanOrEqual(0);
    expect(settled).toEqual(['cancelled']);
  });

  test('both styles see the cancel', () => {
    const calls = new Calls();
    const { call } = begin(calls, 1);
    expect(call.cancelled).toBe(false);
    call.signal.throwIfAborted();
    calls.cancel(1, 'why');
    expect(call.cancelled).toBe(true);
    expect(() => call.signal.throwIfAborted()).toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect((call.signal.reason as CallCancelled).data.reason).toBe('why');
  });

  test('cancelAll cancels every call and gives the reason', async () => {
    const calls = new Calls();
    const begun = [begin(calls, 1), begin(calls, 2)];
    calls.cancelAll('closing');
    for (const { answer } of begun)
      await expect(answer).rejects.toMatchObject({ data: { reason: 'closing' } });
    expect(calls.size).toBe(0);
  });
});

describe('cancels that change nothing', () => {
  test('unknown, early, late, duplicate', async () => {
    const calls = new Calls();
    expect(calls.cancel(1, null)).toBe('unknown');
    const first = begin(calls, 1);
    first.finish();
    await expect(first.answer).resolves.toBeDefined();
    expect(calls.cancel(1, null)).toBe('late');
    begin(calls, 2);
    expect(calls.cancel(2, 'one')).toBe('cancelled');
    expect(calls.cancel(2, 'two')).toBe('duplicate');
  });

  test('only so many ended ids are remembered', async () => {
    const calls = new Calls();
    for (let id = 0; id < 150; id++) await calls.start(id, 'tool', outlet(), async () => ({}));
    expect(calls.cancel(0, null)).toBe('unknown');
    expect(calls.cancel(149, null)).toBe('late');
  });
});

describe('messages', () => {
  test('progress increases strictly', () => {
    const to = outlet();
    const { call } = begin(new Calls(), 1, to);
    for (const value of [0, 1, 1, 0.5, Number.NaN, 2]) call.progress(value, 2);
    expect(to.progress.mock.calls.map(([value]) => value)).toEqual([0, 1, 2]);
  });

  test('nothing is sent once the call was answered', () => {
    const to = outlet();
    const calls = new Calls();
    const { call } = begin(calls, 1, to);
    calls.cancel(1, null);
    call.progress(1);
    call.log('info', 'late');
    expect(to.progress).not.toHaveBeenCalled();
    expect(to.log).not.toHaveBeenCalled();
    expect(to.serverLog).toHaveBeenCalledWith('info', 'late');
  });
});

describe('defer', () => {
  test.each(['completed', 'failed', 'cancelled'] as const)(
    'cleanups run last first when %s',
    async (outcome) => {
      const calls = new Calls();
      const { answer, call, finish, fail } = begin(calls, 1);
      const order: string[] = [];
      call.defer(() => order.push('first'));
      call.defer(async () => {
        await new Promise(setImmediate);
        order.push('second');
      });
      if (outcome === 'cancelled') {
        calls.cancel(1, null);
        await answer.catch(() => {});
      }
      expect(order, 'only when the handler has ended').toEqual([]);
      if (outcome === 'failed') fail(new Error());
      else finish();
      await calls.idle();
      expect(order).toEqual(['second', 'first']);
      expect(call.record.call).toBe(outcome);
    },
  );

  test('a cleanup that fails is logged, and costs neither the others nor the answer', async () => {
    const to = outlet();
    const { answer, call, finish } = begin(new Calls(), 1, to);
    const other = vi.fn();
    const broken = new Error('broken');
    call.defer(other);
    call.defer(() => Promise.reject(broken));
    finish();
    await expect(answer).resolves.toBeDefined();
    expect(other).toHaveBeenCalled();
    expect(to.serverLog).toHaveBeenCalledWith('error', 'a cleanup failed', broken);
  });
});
