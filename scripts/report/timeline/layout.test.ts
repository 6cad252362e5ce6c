import { describe, expect, it } from 'vitest';
import { red } from '../fixture.ts';
import { layOut } from './layout.ts';
import { percent, ticks } from './scale.ts';
import { story } from './story.ts';
import { call, cancel, exchange } from './testing.ts';

const ping = (sent: number, ended: number) =>
  exchange('ping', [sent, ended], { jsonrpc: '2.0', id: sent, method: 'ping' });
const recorded = red.runs[0]?.cases[0]?.exchanges ?? [];

describe('layOut', () => {
  it('lets exchanges of one name share a row, and gives those that overlap rows of their own', () => {
    const { rows } = layOut([ping(0, 10), call(1, [5, 50]), ping(10, 20), ping(15, 30), ping(30, 31)]);
    expect(rows.map(({ lane, bars }) => [lane, bars.map(({ exchange }) => exchange)])).toEqual([
      ['ping', [0, 2, 4]],
      ['ping', [3]],
      ['call', [1]],
    ]);
  });

  it('has a bar from sent to end, and a mark for what happened between', () => {
    const { rows, whole } = layOut(recorded);
    expect(whole).toEqual({ from: 0, to: 384.2 });
    expect(rows.map(({ lane }) => lane)).toEqual(['session', 'call', 'cancel', 'evidence']);
    expect(rows[1]?.bars[0]).toEqual({
      exchange: 1,
      from: 15,
      to: 66.4,
      role: 'cancelled',
      label: 'POST tools/call slow id="call-1"',
      marks: [
        { kind: 'sent', ms: 15, label: 'sent: POST tools/call slow id="call-1"' },
        { kind: 'response', ms: 21.9, label: '200 OK, a stream begins' },
        { kind: 'frame', ms: 42, label: 'notifications/progress 1' },
        { kind: 'frame', ms: 62.3, label: 'notifications/message' },
        { kind: 'frame', ms: 66.2, label: 'error -32800 "Request cancelled" id="call-1"' },
        { kind: 'end', ms: 66.4, label: 'ended by the target' },
      ],
    });
    expect(rows[2]?.bars[0]).toMatchObject({
      role: 'cancel',
      label: 'POST notifications/cancelled requestId="call-1"',
    });
    expect(rows[2]?.bars[0]?.marks[1]?.label).toBe('202 Accepted');
  });

  it('knows the stretch around the slowest cancel', () => {
    expect(layOut(recorded).around).toEqual({ from: 58, to: 72 });
    const { around } = layOut([call(1, [10, 110]), cancel(1, 100), call(2, [500, 1060]), cancel(2, 1000)]);
    expect(around).toEqual({ from: 940, to: 1060 });
    expect(layOut([ping(0, 1)]).around).toBeNull();
  });

  it('can do without exchanges', () => {
    expect(layOut([])).toEqual({ rows: [], cancelled: [], whole: { from: 0, to: 1 }, around: null });
    expect(story([])).toBe('Nothing was sent.');
  });
});

describe('a scale', () => {
  it('has round ticks', () => {
    expect(ticks({ from: 0, to: 2234 })).toEqual([0, 500, 1000, 1500, 2000]);
    expect(ticks({ from: 168.1, to: 205.3 })).toEqual([170, 180, 190, 200]);
    expect(ticks({ from: 0, to: 1 })).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(percent(50, { from: 0, to: 200 })).toBe(25);
  });
});

describe('story', () => {
  it('tells the picture', () => {
    expect(story(recorded)).toBe(
      '4 exchanges in 384 ms. The call (POST tools/call slow id="call-1") was sent at 15 ms and cancelled at 63.3 ms; the cancel was answered with 202. Its exchange ended at 66.4 ms after 3 frames, the last of them error -32800 "Request cancelled" id="call-1": 3.1 ms from cancel to end.',
    );
    const open = [
      call(7, [10, 2200]),
      cancel(7, 100),
      exchange('end', [2190, 2210], null, { method: 'DELETE' }),
    ];
    expect(story(open)).toContain('The call was left open: ended by the DELETE 2.1 s after the cancel.');
    expect(story([ping(0, 5)])).toBe('1 exchange in 5 ms. No cancel was sent that a target must heed.');
    expect(story([cancel(7, 1)])).toContain('1 cancel was sent, and no open call of that id');
  });

  it('sums up many', () => {
    const ids = [1, 2, 3, 4, 5];
    const races = ids.flatMap((id) => [call(id, [id * 100, id * 100 + 50 + id]), cancel(id, id * 100 + 50)]);
    expect(story(races)).toContain(
      '5 calls were cancelled while they were open: 5 took 1 ms to 5 ms from cancel to end.',
    );
  });
});
