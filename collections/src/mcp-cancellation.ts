import { acknowledged } from './cases/acknowledge.ts';
import { exchangeEnds, handlerStops, othersUntouched, sessionUsable } from './cases/effect.ts';
import { fileCancelled, fileCompleted } from './cases/file.ts';
import { initialize, initialized, listTools } from './cases/handshake.ts';
import { typeMatters } from './cases/ids.ts';
import { unknownId } from './cases/malformed.ts';
import { afterCompletion, beforeTheCall, togetherWithTheCall, twice } from './cases/races.ts';
import { otherSession } from './cases/sessions.ts';
import type { CollectionDefinition } from './collection.ts';

const collection: CollectionDefinition = {
  name: 'mcp-cancellation',
  title: 'MCP Cancellation',
  description: `Makes the cancellation of a running MCP request visible and checkable, over Streamable HTTP.

Choose the environment **MCP reference server** (start it with \`npm start\`) or **Any MCP server** (fill in \`mcpUrl\`, \`slowTool\` and \`slowArguments\`), open a request, press **Send**, and look at the tabs **Test results** and **Visualize**: every exchange that took place, each SSE frame, and what was concluded from it.

Each request is one *case* with a permanent id. Its pre-request script opens an own session, starts a call and cancels it *while it runs*; the request itself then asks the server on a second channel (the *witness*) what the call's handler really did; the tests judge. So every request, and every folder, runs alone.

The collection's own pre-request script is the library that the cases share.`,
  portable: true,
  trace: 'all',
  folders: [
    {
      name: 'Session',
      description: 'The handshake that everything else begins with, one request at a time.',
      cases: [initialize, initialized, listTools],
    },
    {
      name: 'Cancel a call in flight',
      description:
        'A call runs, and is cancelled while it runs. Does it really stop, and does its exchange end?',
      cases: [acknowledged, handlerStops, exchangeEnds, sessionUsable, fileCancelled, fileCompleted],
    },
    {
      name: 'Races',
      description: 'Cancels that come too late, too early, twice, or for nobody. All of them are harmless.',
      cases: [afterCompletion, beforeTheCall, togetherWithTheCall, twice, unknownId, typeMatters],
    },
    {
      name: 'Three calls, the middle one cancelled',
      description: 'A cancel concerns one call. The calls beside it do not notice.',
      cases: [othersUntouched],
    },
    {
      name: 'Another session cannot cancel it',
      description: 'Ids belong to a session. A cancel from another one names nothing.',
      cases: [otherSession],
    },
  ],
};

export default collection;
