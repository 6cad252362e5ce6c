import type { ExchangeResult } from '../../runner/results.ts';

/** An exchange for a test: a POST in `session-1` that was answered at its end, but for what is told otherwise. */
export function exchange(
  lane: string,
  [sentMs, endedMs]: [number, number],
  message: unknown,
  more: Partial<ExchangeResult> & { method?: string; headers?: Record<string, string> } = {},
): ExchangeResult {
  const { method = 'POST', headers = { 'Mcp-Session-Id': 'session-1' }, ...rest } = more;
  return {
    lane,
    request: {
      method,
      url: 'http://127.0.0.1:8000/mcp',
      headers,
      body: message === null ? null : typeof message === 'string' ? message : JSON.stringify(message),
    },
    sentMs,
    response: { ms: endedMs - 0.5, status: 200, statusText: 'OK', headers: {}, body: '' },
    frames: [],
    framesLeftOut: 0,
    endedMs,
    endedBy: 'target',
    failure: null,
    ...rest,
  };
}

/** A call with an open stream of progress. */
export function call(
  id: unknown,
  times: [number, number],
  more: Parameters<typeof exchange>[3] = {},
): ExchangeResult {
  const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'slow' } };
  const [sentMs] = times;
  return exchange('call', times, message, {
    response: { ms: sentMs + 5, status: 200, statusText: 'OK', headers: {}, body: null },
    frames: [frame(sentMs + 10, { method: 'notifications/progress', params: { progress: 1, total: 550 } })],
    ...more,
  });
}

export function cancel(
  requestId: unknown,
  at: number,
  more: Parameters<typeof exchange>[3] = {},
): ExchangeResult {
  const message = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } };
  return exchange('cancel', [at, at + 2], message, {
    response: { ms: at + 1.5, status: 202, statusText: 'Accepted', headers: {}, body: '' },
    ...more,
  });
}

export function frame(ms: number, message: object): ExchangeResult['frames'][number] {
  return { ms, text: `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}` };
}
