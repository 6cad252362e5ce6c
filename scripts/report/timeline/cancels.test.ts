import { describe, expect, it } from 'vitest';
import { cancelledCalls } from './cancels.ts';
import { call, cancel, exchange, frame } from './testing.ts';

const other = { headers: { 'mcp-session-id': 'session-2' } };
const names = (...exchanges: Parameters<typeof cancelledCalls>[0]) =>
  cancelledCalls(exchanges).map(({ name }) => name);

describe('cancelledCalls', () => {
  it('measures from the sending of the cancel to the end of the exchange of the call', () => {
    expect(cancelledCalls([call(7, [10, 128]), cancel(7, 100)])).toEqual([
      { call: 0, cancel: 1, fromMs: 100, toMs: 128, outcome: 'cancel', name: '28 ms from cancel to end' },
    ]);
  });

  it.each([
    ['"7" is not 7', call(7, [10, 128]), cancel('7', 100)],
    ['of another session', call(7, [10, 128]), cancel(7, 100, other)],
    ['after the end of the call', call(7, [10, 90]), cancel(7, 100)],
    ['before the call', call(7, [110, 190]), cancel(7, 100)],
    [
      'refused',
      call(7, [10, 128]),
      { ...cancel(7, 100), response: { ...call(7, [0, 0]).response, status: 400 } },
    ],
    [
      'a request',
      call(7, [10, 128]),
      exchange('cancel', [100, 101], {
        jsonrpc: '2.0',
        id: 1,
        method: 'notifications/cancelled',
        params: { requestId: 7 },
      }),
    ],
    [
      'no JSON-RPC',
      call(7, [10, 128]),
      exchange('cancel', [100, 101], { method: 'notifications/cancelled', params: { requestId: 7 } }),
    ],
    ['no JSON', call(7, [10, 128]), exchange('cancel', [100, 101], '{"method":"notifications/cancelled"')],
    ['without an id', call(7, [10, 128]), cancel(undefined, 100)],
  ] as Array<[string, ReturnType<typeof call>, ReturnType<typeof call>]>)(
    'pairs no cancel that is %s',
    (_what, ...exchanges) => {
      expect(cancelledCalls(exchanges)).toEqual([]);
    },
  );

  it('knows a session whatever the case of the name of its header', () => {
    expect(
      names(call(7, [10, 128], other), cancel(7, 100, { headers: { 'MCP-SESSION-ID': 'session-2' } })),
    ).toHaveLength(1);
  });

  it('tells calls of one id in two sessions apart', () => {
    const [pair] = cancelledCalls([call(1, [10, 120]), call(1, [11, 500], other), cancel(1, 100)]);
    expect(pair).toMatchObject({ call: 0, name: '20 ms from cancel to end' });
  });

  it('measures from the first of two cancels, and finds those of a batch', () => {
    expect(names(call(7, [10, 128]), cancel(7, 100), cancel(7, 110))).toEqual(['28 ms from cancel to end']);
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { jsonrpc: '2.0', id: 2, method: 'tools/call' },
    ];
    expect(names(exchange('batch', [10, 150], batch), cancel(2, 100))).toEqual([
      '50 ms from cancel to end of its batch',
    ]);
    const both = [
      { jsonrpc: '2.0', id: 2, method: 'tools/call' },
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } },
    ];
    expect(names(exchange('batch', [10, 150], both))).toEqual([]);
  });

  it.each([
    [
      'left open: ended by the DELETE 2.1 s after the cancel',
      [call(7, [10, 2200]), cancel(7, 100), exchange('end', [2190, 2210], null, { method: 'DELETE' })],
    ],
    [
      'left open: the runner hung up 5.0 s after the cancel',
      [call(7, [10, 5100], { endedBy: 'runner' }), cancel(7, 100)],
    ],
    [
      'no end seen: the proxy hung up 50 ms after the cancel',
      [call(7, [10, 150], { endedBy: 'proxy' }), cancel(7, 100)],
    ],
    [
      'failed (ECONNRESET) 50 ms after the cancel',
      [call(7, [10, 150], { endedBy: null, failure: 'ECONNRESET' }), cancel(7, 100)],
    ],
    [
      'not stopped: its result came, and it ended 400 ms after the cancel',
      [call(7, [10, 500], { frames: [frame(499, { id: 7, result: {} })] }), cancel(7, 100)],
    ],
    // The session of another call is no concern of this one.
    [
      '28 ms from cancel to end',
      [call(7, [10, 128]), cancel(7, 100), exchange('end', [110, 112], null, { method: 'DELETE', ...other })],
    ],
    [
      '28 ms from cancel to end',
      [call(7, [10, 128], { frames: [frame(127, { id: 7, error: { code: -32800 } })] }), cancel(7, 100)],
    ],
    // What is kept of a long result is no JSON any more.
    ...['{"result":{"content":"xxx', '{"jsonrpc":"2.0","id":7,"result":{"content":"xxx'].map(
      (text): [string, ReturnType<typeof call>[]] => [
        'not stopped: its result came, and it ended 400 ms after the cancel',
        [
          call(7, [10, 500], { frames: [{ ms: 499, text: `data: ${text}… (30000 more characters)` }] }),
          cancel(7, 100),
        ],
      ],
    ),
    [
      '28 ms from cancel to end',
      [
        call(7, [10, 128], {
          frames: [
            { ms: 127, text: 'data: {"jsonrpc":"2.0","id":7,"error":{"message":"xxx… (9 more characters)' },
          ],
        }),
        cancel(7, 100),
      ],
    ],
  ] as Array<[string, Parameters<typeof cancelledCalls>[0]]>)('says %s', (name, exchanges) => {
    expect(names(...exchanges)).toEqual([name]);
  });
});
