/** Broken where nothing more should be said of a cancelled call. */

import type { Fault } from './fault.ts';
import { after, insteadOfError, layers, sessionOf } from './layers.ts';

export const silence: readonly Fault[] = [
  {
    name: 'progress-on-get',
    what: 'goes on telling the progress of a cancelled call, on the stream opened by GET',
    turns: { 'L-EFF-5': { get: 'fail' } },
    layer: (next, core) => {
      const tokens = new Map<string | undefined, string>();
      const remember = insteadOfError((message, { sessionId, body }) => {
        tokens.set(sessionId, body.params._meta?.progressToken);
        return message;
      });
      const tell = after(
        ({ method, sessionId }) => method === 'GET' && tokens.has(sessionId),
        async (outgoing, incoming) => {
          const progressToken = tokens.get(incoming.sessionId) ?? '';
          // Without the request that it belongs to, the SDK sends it to whoever listens.
          await sessionOf(incoming, core)?.server.notification({
            method: 'notifications/progress',
            params: { progressToken, progress: 1e6 },
          });
          return outgoing;
        },
      );
      return layers(tell, remember)(next, core);
    },
  },
  {
    name: 'talks-on',
    what: 'logs, and asks its client for a ping, after the answer',
    turns: { 'L-EFF-6': { log: 'warn', request: 'warn' } },
    layer: insteadOfError((message) => [
      message,
      { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'cleaning up' } },
      { jsonrpc: '2.0', id: 'still-there', method: 'ping' },
    ]),
  },
];
