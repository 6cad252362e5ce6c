import { expect, test } from 'vitest';
import type { CallRecord } from './tools/tool.ts';
import { MAX_KEYS, State, Witness } from './witness.ts';

function record(id: number): CallRecord {
  return {
    id,
    tool: 'slow',
    call: 'running',
    handler: 'running',
    cause: null,
    reason: null,
    startedAt: 0,
    endedAt: null,
    cancelMs: null,
  };
}

test('it tells what the handler and the registry wrote, and nothing of its own', () => {
  const witness = new Witness();
  const known = record(1);
  const testimony = witness.open('a', known, 10);
  const running = witness.read('a');
  expect(running).toEqual({
    call: 'running',
    handler: 'running',
    ticks: 0,
    total: 10,
    cancelled: 0,
    finished: 0,
    cleaned_up: false,
    reason: null,
    cancel_ms: null,
    started_at: '1970-01-01T00:00:00.000Z',
    ended_at: null,
  });
  testimony.ticks = 3;
  known.call = 'cancelled';
  expect(witness.read('a')).toEqual({ ...running, ticks: 3, call: 'cancelled' });
  expect(() => State.parse(witness.read('a'))).not.toThrow();
});

test('the latest call of a key wins', () => {
  const witness = new Witness();
  const first = witness.open('a', record(1), 10);
  witness.open('a', record(2), 20);
  first.ticks = 5;
  expect(witness.read('a')).toMatchObject({ ticks: 0, total: 20 });
});

test('a bounded number of keys is kept, those asked for last', () => {
  const witness = new Witness();
  for (let i = 0; i < MAX_KEYS; i++) witness.open(`k${i}`, record(i), 1);
  witness.read('k0');
  witness.open('one more', record(-1), 1);
  expect(witness.read('k0')).toBeDefined();
  expect(witness.read('k1')).toBeUndefined();
  expect(witness.read('one more')).toBeDefined();
  expect(witness.read('never')).toBeUndefined();
});
