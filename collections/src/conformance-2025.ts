import { acknowledged, extraParams, notAnswered, reasonOptional, refusal } from './cases/acknowledge.ts';
import { noResponse, oneAnswer } from './cases/answer.ts';
import { batchOfCancels, callAndCancel, noBatches, oneOfTwo } from './cases/batches.ts';
import { everyMethod, whileAsking, wrongDirection } from './cases/beyond-tools.ts';
import {
  dropCancelResume,
  droppedJson,
  droppedListener,
  droppedStream,
  dropThenCancel,
  resumed,
} from './cases/disconnect.ts';
import { exchangeEnds, handlerStops, othersUntouched, sessionUsable } from './cases/effect.ts';
import { bothTypes, everyId, typeMatters } from './cases/ids.ts';
import {
  cancelRequest,
  dollarNotification,
  dollarRequest,
  initializeCancelled,
  lookalikes,
} from './cases/lookalikes.ts';
import {
  emptyParams,
  listParams,
  noJson,
  noJsonRpc,
  noParams,
  nullId,
  oddReason,
  unknownId,
  wrongIdType,
} from './cases/malformed.ts';
import { cancelWhilePolling, noEarlyEnd, primed } from './cases/polling.ts';
import {
  afterCompletion,
  beforeTheCall,
  burst,
  inParallel,
  togetherWithTheCall,
  twice,
} from './cases/races.ts';
import { callsEnd, cancelRacesDelete, deleted } from './cases/session-end.ts';
import {
  foreignOrigin,
  terminatedSession,
  unknownSession,
  withoutSession,
  withoutVersion,
  wrongVersion,
} from './cases/session-header.ts';
import { otherSession, sameIdTwice } from './cases/sessions.ts';
import { noProgress, nothingElse } from './cases/silence.ts';
import { listenerHearsNoAnswers, oneStreamEach, streamEnds, uniqueEventIds } from './cases/streams.ts';
import { sweep } from './cases/sweep.ts';
import type { CollectionDefinition } from './collection.ts';

const collection: CollectionDefinition = {
  name: 'conformance-2025',
  title: 'MCP Cancellation Conformance 2025',
  description: `Every rule about cancellation that a client can observe from outside, in the revisions 2025-03-26, 2025-06-18 and 2025-11-25 of MCP over Streamable HTTP.

Each request is one *case* with a permanent id. Its description says the rule, how binding it is, the page it follows from, and what would be wrong; its tests say what was expected and what was seen. Open the tab **Visualize** for every exchange that took place.

A run tests the revision that \`protocolVersion\` names; Postman's runner takes \`environments/revisions.json\` as its data file and runs all three. A rule that a revision does not have is *not applicable*. Cases that need to drop a connection are *not observed* where \`hangUpUrl\` names no hang-up proxy (\`npm run proxy\`).

**Levels**: MUST and SHOULD are the specification's words. DERIVED is written nowhere and follows from other rules; AMBIG marks texts that conflict, where every outcome is recorded and none is wrong.`,
  portable: true,
  revisions: ['2025-03-26', '2025-06-18', '2025-11-25'],
  trace: 'red',
  folders: [
    {
      name: 'Acknowledge',
      description: 'How the cancel itself is answered: it is a notification.',
      cases: [acknowledged, notAnswered, refusal, reasonOptional, extraParams],
    },
    {
      name: 'Effect',
      description: 'What a cancel does to the call that it names, and to nothing else.',
      cases: [
        handlerStops,
        noResponse,
        oneAnswer,
        exchangeEnds,
        noProgress,
        nothingElse,
        othersUntouched,
        sessionUsable,
        everyMethod,
        whileAsking,
        wrongDirection,
      ],
    },
    {
      name: 'Ids',
      description: 'A cancel names one call, by its id and the JSON type of the id.',
      cases: [everyId, typeMatters, bothTypes],
    },
    {
      name: 'Races',
      description:
        'Cancels that come too late, too early, twice, or at the very moment. All of them are harmless.',
      cases: [afterCompletion, sweep, twice, inParallel, beforeTheCall, burst, togetherWithTheCall],
    },
    {
      name: 'Malformed',
      description:
        'Cancels that name nothing, and messages that only look like a cancel. They are ignored or refused.',
      cases: [
        unknownId,
        noParams,
        emptyParams,
        nullId,
        wrongIdType,
        listParams,
        oddReason,
        noJsonRpc,
        noJson,
        cancelRequest,
        dollarNotification,
        dollarRequest,
        lookalikes,
      ],
    },
    {
      name: 'Initialize',
      description: 'The one request that cannot be cancelled.',
      cases: [initializeCancelled],
    },
    {
      name: 'Sessions',
      description: 'A cancel belongs to a session, and so does the call that it names.',
      cases: [
        withoutSession,
        terminatedSession,
        unknownSession,
        otherSession,
        sameIdTwice,
        deleted,
        callsEnd,
        cancelRacesDelete,
        wrongVersion,
        withoutVersion,
        foreignOrigin,
      ],
    },
    {
      name: 'Disconnect',
      description:
        'In the 2025 revisions a client that goes away has not cancelled anything. The hang-up proxy drops the connections.',
      cases: [droppedStream, droppedJson, dropThenCancel, droppedListener, resumed, dropCancelResume],
    },
    {
      name: 'Streams',
      description: 'What is on which stream, with a cancel and without one.',
      cases: [
        streamEnds,
        noEarlyEnd,
        listenerHearsNoAnswers,
        oneStreamEach,
        uniqueEventIds,
        primed,
        cancelWhilePolling,
      ],
    },
    {
      name: 'Batches',
      description: 'Several messages in one body: in 2025-03-26 allowed, afterwards refused.',
      cases: [oneOfTwo, batchOfCancels, callAndCancel, noBatches],
    },
  ],
};

export default collection;
