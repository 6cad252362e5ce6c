import { defineCase, page } from '../lib/definition.ts';

const TRANSPORT = page('basic/transports', 'sending-messages-to-the-server');

export const acknowledged = defineCase({
  id: 'L-ACK-1',
  name: 'The cancel is accepted with 202 and an empty body',
  description: `A slow call runs; beside it, on its own connection, the cancel is posted. The server accepts the notification: 202, and not one byte of body.

The 202 says only that the message was taken in. It says nothing about whether anything was stopped: a server that ignores every cancel answers 202 as well.`,
  checks: {
    status: { level: 'MUST', text: 'accept the cancel with 202', spec: TRANSPORT },
    empty: { level: 'MUST', text: 'send no body with the 202', spec: TRANSPORT },
  },
  before: async (t) => t.cancelInFlight(),
  after: (t, seen) => {
    const accepted = seen.accepted;
    t.check(
      'status',
      accepted?.status === 202,
      'HTTP 202',
      accepted ? `HTTP ${accepted.status}` : 'no answer',
    );
    t.check(
      'empty',
      accepted?.body === '',
      'an empty body',
      accepted ? JSON.stringify(accepted.body) : 'no answer',
    );
  },
});
