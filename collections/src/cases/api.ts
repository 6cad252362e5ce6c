import { defineCase } from '../lib/definition.ts';
import { ALONE, BEHAVIOR, CALLING, FINISHES, HOW, STOPS } from './work.ts';

export const requestCancelled = defineCase({
  id: 'A-API-1',
  name: 'Cancel a request to an API',
  description: `\`call_api\` sends an HTTP request to an upstream that takes ten minutes to answer. ${HOW}

A server that is cancelled is a client that has to cancel: where the signal does not go with the request, the upstream works on for nobody, and is paid for it. Whether it went along only the upstream knows, so the upstream is asked: it has to have seen the disconnect.`,
  checks: {
    ...STOPS,
    upstream: { level: 'DERIVED', text: 'disconnect from the upstream', spec: BEHAVIOR },
  },
  before: async (t) =>
    t.cancelWork('call_api', { api: 'slow', seconds: 600 }, ({ facts }) => facts.upstream === 'open'),
  after: (t, seen) => {
    t.checkCancelled(seen);
    const { facts } = t.inspection;
    t.check(
      'upstream',
      facts.upstream === 'disconnected' && facts.upstream_open === 0,
      'disconnected, 0 requests open',
      `${facts.upstream}, ${facts.upstream_open} requests open`,
    );
  },
});

export const requestFinished = defineCase({
  id: 'A-API-2',
  name: 'The request, left alone',
  description: `The same upstream is asked for something that takes it a second, and left alone. ${ALONE}`,
  checks: {
    ...FINISHES,
    upstream: { level: 'DERIVED', text: 'be answered by the upstream', spec: CALLING },
  },
  before: async (t) => t.finishWork('call_api', { api: 'slow', seconds: 1 }),
  after: (t, seen) => {
    t.checkDone(seen);
    const { facts } = t.inspection;
    t.check('upstream', facts.upstream === 'answered', 'answered', String(facts.upstream));
  },
});
