import type { ExchangeResult } from '../../runner/results.ts';
import { clip, duration, oneLine, plural } from '../text.ts';
import { type CancelledCall, cancelledCalls, cancelsIn, type Outcome } from './cancels.ts';
import { endName, frameCount, streamed } from './layout.ts';
import { frameName, messageName, messagesIn, requestName } from './messages.ts';

/** Cancels that are told one by one; of more than these, only the sum. */
const TOLD = 3;

const others: Record<Exclude<Outcome, 'cancel'>, string> = {
  result: 'brought their result',
  delete: 'were left open until the DELETE of their session',
  runner: 'were left open until the runner hung up',
  proxy: 'were open when the proxy hung up',
  failure: 'failed',
};

/** The picture of a case in words: what was sent, what was cancelled when, and how it ended. */
export function story(exchanges: ExchangeResult[]): string {
  if (exchanges.length === 0) return 'Nothing was sent.';
  const last = Math.max(...exchanges.map(({ endedMs }) => endedMs));
  const cancelled = cancelledCalls(exchanges);
  const told = cancelled.length > TOLD ? [sum(cancelled)] : cancelled.map((one) => chapter(one, exchanges));
  const opening = `${plural(exchanges.length, 'exchange')} in ${duration(last)}.`;
  return [opening, ...(told.length > 0 ? told : [noneMet(exchanges)])].join(' ');
}

function noneMet(exchanges: ExchangeResult[]): string {
  const cancels = exchanges.flatMap(cancelsIn).length;
  if (cancels === 0) return 'No cancel was sent that a target must heed.';
  return `${plural(cancels, 'cancel')} ${cancels === 1 ? 'was' : 'were'} sent, and no open call of that id was in the same session.`;
}

function chapter(pair: CancelledCall, exchanges: ExchangeResult[]): string {
  const call = exchanges[pair.call];
  const cancel = exchanges[pair.cancel];
  if (!call || !cancel) return '';
  const answer = cancel.response ? `answered with ${cancel.response.status}` : 'never answered';
  return `The ${oneLine(call.lane)} (${clip(requestName(call.request), 80)}) was sent at ${at(call.sentMs)} and cancelled at ${at(pair.fromMs)}; the cancel was ${answer}. ${ending(pair, call)}.`;
}

function ending({ outcome, toMs, name }: CancelledCall, call: ExchangeResult): string {
  if (outcome !== 'cancel') return `The call was ${name}`.replace(/was (?=failed|no end)/, '');
  const frames = streamed(call) ? ` after ${frameCount(call)}` : '';
  return `Its exchange ended at ${at(toMs)}${frames}, ${lastWord(call)}: ${name}`;
}

/** What the call's exchange held last. */
function lastWord(one: ExchangeResult): string {
  const frame = one.frames.findLast(({ text }) => messagesIn(text).length > 0 || /^data/m.test(text));
  const body = messagesIn(one.response?.body ?? null).map(messageName)[0];
  if (frame) return `the last of them ${clip(frameName(frame.text), 80)}`;
  return body ? `with ${clip(body, 80)}` : one.response ? `with ${one.response.status}` : endName(one);
}

function sum(cancelled: CancelledCall[]): string {
  const latencies = cancelled
    .filter(({ outcome }) => outcome === 'cancel')
    .map((one) => one.toMs - one.fromMs);
  const range = `${duration(Math.min(...latencies))} to ${duration(Math.max(...latencies))} from cancel to end`;
  const rest = Object.entries(others)
    .map(([outcome, what]) => ({ what, count: cancelled.filter((one) => one.outcome === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ what, count }) => `${count} ${what}`);
  const parts = [...(latencies.length > 0 ? [`${latencies.length} took ${range}`] : []), ...rest];
  return `${cancelled.length} calls were cancelled while they were open: ${parts.join('; ')}.`;
}

function at(ms: number): string {
  return `${Math.round(ms * 10) / 10} ms`;
}
