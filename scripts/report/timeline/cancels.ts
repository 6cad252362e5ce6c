import type { ExchangeResult } from '../../runner/results.ts';
import { duration, oneLine } from '../text.ts';
import { dataOf, headerOf, isObject, type Message, messagesIn } from './messages.ts';

/** What ended the exchange of a cancelled call; `cancel` where nothing else was seen that could have. */
export type Outcome = 'cancel' | 'result' | 'delete' | 'runner' | 'proxy' | 'failure';

/** A call, and the cancel that named it while its exchange was open. */
export interface CancelledCall {
  /** Their places among the exchanges of the case. */
  call: number;
  cancel: number;
  fromMs: number;
  /** When the call's exchange ended. */
  toMs: number;
  /** Where it is `cancel`, `toMs - fromMs` is the latency of the cancel. */
  outcome: Outcome;
  /** Such as `28 ms from cancel to end`, or why it is no latency. */
  name: string;
}

interface Cancelling {
  index: number;
  one: ExchangeResult;
  requestId: unknown;
}

/** The calls that were cancelled while their exchange was open, in the order of their cancels. */
export function cancelledCalls(exchanges: ExchangeResult[]): CancelledCall[] {
  const found = new Map<number, CancelledCall>();
  for (const cancel of exchanges.flatMap(cancelsIn)) {
    const call = exchanges.findLastIndex(
      (one, index) =>
        index !== cancel.index &&
        one.sentMs <= cancel.one.sentMs &&
        one.endedMs > cancel.one.sentMs &&
        sessionOf(one) === sessionOf(cancel.one) &&
        messagesIn(one.request.body).some((message) => isRequest(message) && message.id === cancel.requestId),
    );
    const one = exchanges[call];
    // A second cancel of a call is no news to the target.
    if (!one || found.has(call)) continue;
    const { sentMs } = cancel.one;
    const pair = { call, cancel: cancel.index, fromMs: sentMs, toMs: one.endedMs };
    found.set(call, { ...pair, ...outcomeOf(one, cancel, exchanges) });
  }
  return [...found.values()];
}

/** The cancels of an exchange that its target was bound to understand, and did not refuse. */
export function cancelsIn(one: ExchangeResult, index: number): Cancelling[] {
  if (one.request.method !== 'POST' || (one.response?.status ?? 0) >= 400) return [];
  return messagesIn(one.request.body)
    .filter(({ jsonrpc, method }) => jsonrpc === '2.0' && method === 'notifications/cancelled')
    .filter((message) => !('id' in message))
    .flatMap(({ params }) => (isObject(params) && 'requestId' in params ? [params.requestId] : []))
    .map((requestId) => ({ index, one, requestId }));
}

function outcomeOf(
  call: ExchangeResult,
  cancel: Cancelling,
  exchanges: ExchangeResult[],
): Pick<CancelledCall, 'outcome' | 'name'> {
  const since = duration(call.endedMs - cancel.one.sentMs);
  const no = (outcome: Outcome, name: string) => ({ outcome, name: `${name} ${since} after the cancel` });
  if (call.failure !== null) return no('failure', `failed (${oneLine(call.failure)})`);
  if (call.endedBy === 'runner') return no('runner', 'left open: the runner hung up');
  if (call.endedBy === 'proxy') return no('proxy', 'no end seen: the proxy hung up');
  if (exchanges.some((one) => deletes(one, call, cancel.one)))
    return no('delete', 'left open: ended by the DELETE');
  // Of a long result that was cut, the id may be what was cut off.
  const answer = answers(call).find(({ id }) => id === cancel.requestId || id === undefined);
  if (answer && 'result' in answer) return no('result', 'not stopped: its result came, and it ended');
  const batch = messagesIn(call.request.body).filter(isRequest).length > 1;
  return { outcome: 'cancel', name: `${since} from cancel to end${batch ? ' of its batch' : ''}` };
}

/** Whether the call's session was ended between the cancel and the call's end. */
function deletes({ request, sentMs }: ExchangeResult, call: ExchangeResult, cancel: ExchangeResult): boolean {
  const same = headerOf(request.headers, 'mcp-session-id') === sessionOf(call);
  return request.method === 'DELETE' && same && sentMs >= cancel.sentMs && sentMs <= call.endedMs;
}

function answers(call: ExchangeResult): Message[] {
  const texts = [call.response?.body ?? null, ...call.frames.map(({ text }) => dataOf(text))];
  return texts.flatMap(messagesIn).filter((message) => !('method' in message));
}

function isRequest(message: Message): boolean {
  return typeof message.method === 'string' && 'id' in message;
}

function sessionOf({ request }: ExchangeResult): string | undefined {
  return headerOf(request.headers, 'mcp-session-id');
}
