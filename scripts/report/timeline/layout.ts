import type { ExchangeResult } from '../../runner/results.ts';
import { plural } from '../text.ts';
import { type CancelledCall, cancelledCalls } from './cancels.ts';
import { frameName, messagesIn, requestName } from './messages.ts';

export interface Mark {
  kind: 'sent' | 'response' | 'frame' | 'end';
  ms: number;
  label: string;
}

/** An exchange, from its being sent to its end. */
export interface Bar {
  /** Its place among the exchanges of the case. */
  exchange: number;
  from: number;
  to: number;
  role: 'cancel' | 'cancelled' | 'other';
  label: string;
  marks: Mark[];
}

/** A line of the picture: exchanges of one name that follow each other. */
export interface Row {
  lane: string;
  bars: Bar[];
}

/** The stretch of time that is shown. */
export interface View {
  from: number;
  to: number;
}

/** What a case's exchanges look like on a scale of time; nothing in it depends on where it is drawn. */
export interface Timeline {
  rows: Row[];
  cancelled: CancelledCall[];
  whole: View;
  /** Around the slowest cancel; null where no cancel met an open call. */
  around: View | null;
}

/** The exchanges of a case as rows of bars and marks. */
export function layOut(exchanges: ExchangeResult[]): Timeline {
  const cancelled = cancelledCalls(exchanges);
  const rows: Row[] = [];
  for (const [index, one] of exchanges.entries()) {
    const bar = barOf(one, index, cancelled);
    const row = rows.find(({ lane, bars }) => lane === one.lane && (bars.at(-1)?.to ?? 0) <= bar.from);
    if (row) row.bars.push(bar);
    else rows.splice(placeOf(one.lane, rows), 0, { lane: one.lane, bars: [bar] });
  }
  const whole = {
    from: Math.min(0, ...exchanges.map(({ sentMs }) => sentMs)),
    to: Math.max(1, ...exchanges.map(({ endedMs }) => endedMs)),
  };
  return { rows, cancelled, whole, around: around(cancelled, exchanges, whole) };
}

/** The cancel that took longest: the one that a reader wants to see. */
export function slowest(cancelled: CancelledCall[]): CancelledCall | undefined {
  const length = ({ fromMs, toMs }: CancelledCall) => toMs - fromMs;
  const latencies = cancelled.filter(({ outcome }) => outcome === 'cancel');
  const from = latencies.length > 0 ? latencies : cancelled;
  return from.reduce<CancelledCall | undefined>(
    (worst, one) => (worst && length(worst) >= length(one) ? worst : one),
    undefined,
  );
}

/** Rows of one name stand together. */
function placeOf(lane: string, rows: Row[]): number {
  const last = rows.findLastIndex((row) => row.lane === lane);
  return last < 0 ? rows.length : last + 1;
}

function barOf(one: ExchangeResult, index: number, cancelled: CancelledCall[]): Bar {
  const cancels = messagesIn(one.request.body).some(({ method }) => method === 'notifications/cancelled');
  const role = cancelled.some(({ call }) => call === index) ? 'cancelled' : cancels ? 'cancel' : 'other';
  return {
    exchange: index,
    from: one.sentMs,
    to: one.endedMs,
    role,
    label: requestName(one.request),
    marks: marksOf(one),
  };
}

function marksOf(one: ExchangeResult): Mark[] {
  const { sentMs, response, frames, endedMs } = one;
  const status = response && `${response.status} ${response.statusText}`.trim();
  return [
    { kind: 'sent', ms: sentMs, label: `sent: ${requestName(one.request)}` },
    ...(response
      ? [
          {
            kind: 'response' as const,
            ms: response.ms,
            label: `${status}${streamed(one) ? ', a stream begins' : ''}`,
          },
        ]
      : []),
    ...frames.map(({ ms, text }) => ({ kind: 'frame' as const, ms, label: frameName(text) })),
    { kind: 'end', ms: endedMs, label: endName(one) },
  ];
}

/** Whether its response came as a stream, with or without frames. */
export function streamed({ response }: ExchangeResult): boolean {
  return response !== null && response.body === null;
}

/** How an exchange ended, and who ended it. */
export function endName({ endedBy, failure }: ExchangeResult): string {
  if (failure !== null) return `failed: ${failure}`;
  return {
    target: 'ended by the target',
    proxy: 'ended by the proxy, which hung up as it was asked to',
    runner: 'ended by the runner, which hung up because the target left it open',
    none: 'ended without a response',
  }[endedBy ?? 'none'];
}

/** `3 frames`, and how many of a long stream were not kept. */
export function frameCount({ frames, framesLeftOut }: ExchangeResult): string {
  return plural(frames.length + framesLeftOut, 'frame');
}

function around(cancelled: CancelledCall[], exchanges: ExchangeResult[], whole: View): View | null {
  const one = slowest(cancelled);
  if (!one) return null;
  const answered = exchanges[one.cancel]?.endedMs ?? one.toMs;
  const quick = one.outcome === 'cancel';
  // Where the call was left open, what is of interest is how the cancel was answered.
  const length = Math.max(5, (quick ? one.toMs : Math.min(one.toMs, answered)) - one.fromMs);
  const end = quick ? Math.max(one.toMs, answered) : one.fromMs + length * 3;
  return {
    from: Math.max(whole.from, Math.floor(one.fromMs - length)),
    to: Math.min(whole.to, Math.ceil(end + length)),
  };
}
