/** Broken after a cancel: what the session should go on doing. */

import type { Layer } from './exchange.ts';
import { asks, type Incoming, isCall, isCancel, refuse } from './exchange.ts';
import type { Fault } from './fault.ts';
import { endingSession, runningCall } from './layers.ts';

/** Refuses certain requests in a session in which something was cancelled. */
function afterCancel(refused: (incoming: Incoming) => boolean): Layer {
  return (next) => {
    const sessions = new Set<unknown>();
    return async (incoming) => {
      if (isCancel(incoming)) sessions.add(incoming.sessionId);
      if (sessions.has(incoming.sessionId) && refused(incoming))
        return refuse(incoming, -32603, 'not after a cancel');
      return next(incoming);
    };
  };
}

export const usable: readonly Fault[] = [
  {
    name: 'no-ping-after-cancel',
    what: 'answers no ping once something was cancelled',
    collection: 'mcp-cancellation',
    turns: {
      'L-EFF-8': { ping: 'fail' },
      'R-FILE-1': { usable: 'fail' },
      'L-RACE-7': { alive: 'fail' },
      'L-BAD-1': { alive: 'warn' },
    },
    layer: afterCancel((incoming) => asks(incoming, 'ping')),
  },
  {
    name: 'no-list-after-cancel',
    what: 'lists no tools once something was cancelled',
    turns: { 'L-EFF-8': { list: 'fail' } },
    layer: afterCancel((incoming) => asks(incoming, 'tools/list')),
  },
  {
    name: 'no-call-after-cancel',
    what: 'starts no call once something was cancelled',
    turns: { 'L-EFF-8': { call: 'fail' } },
    layer: afterCancel((incoming) => isCall(incoming, 'slow')),
  },
  {
    name: 'cancel-ends-session',
    what: 'ends the session with the cancelled call',
    collection: 'mcp-cancellation',
    turns: { 'L-EFF-8': { ping: 'fail', list: 'fail', call: 'fail' }, 'R-FILE-1': { usable: 'fail' } },
    unjudged: ['L-ACK-1', 'L-EFF-1', 'L-EFF-4', 'R-FILE-1'],
    layer: endingSession((incoming, core) => runningCall(incoming, core) !== undefined),
  },
];
