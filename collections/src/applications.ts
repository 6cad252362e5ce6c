import { agentCancelled, agentFinished } from './cases/agent.ts';
import { requestCancelled, requestFinished } from './cases/api.ts';
import { batchCancelled, batchFinished } from './cases/batch.ts';
import { queryCancelled, queryFinished } from './cases/query.ts';
import { trainingCancelled, trainingFinished } from './cases/train.ts';
import type { CollectionDefinition } from './collection.ts';

const collection: CollectionDefinition = {
  name: 'applications',
  title: 'MCP Cancellation, Applications',
  description: `Cancels work that is really done: a database query, a training run, a request to an API, a batch, and an agent that does all of them at once.

Start the server with \`TOOLS=applications npm start\` (once before that: \`npm ci --prefix server/applications\`), choose the environment **MCP reference server**, open a request, press **Send**, and look at the tabs **Test results** and **Visualize**. \`npm run applications\` does all of it, and writes a report.

Of each tool it is shown in two ways that its work stopped: by the *witness*, which tells what the tool's own code did, and by the *resource* that did the work (the engine, the worker, the upstream, the output), which \`inspect\` asks. An exchange that ends early shows neither.`,
  portable: false,
  tools: 'applications',
  trace: 'all',
  folders: [
    {
      name: 'A database query',
      description:
        "DuckDB computes beside the event loop, on a thread of Node's pool; the connection's `interrupt()` stops it.",
      cases: [queryCancelled, queryFinished],
    },
    {
      name: 'A training run',
      description: 'A worker thread computes without looking up; the pool ends it by the signal of the call.',
      cases: [trainingCancelled, trainingFinished],
    },
    {
      name: 'A request to an API',
      description: 'An upstream takes its time; the signal of the call goes along with the request.',
      cases: [requestCancelled, requestFinished],
    },
    {
      name: 'A batch',
      description: 'Many items, some at a time; the call is asked between two items whether it goes on.',
      cases: [batchCancelled, batchFinished],
    },
    {
      name: 'An agent',
      description: 'One call with many parts, and a question to its client; one signal for all of it.',
      cases: [agentCancelled, agentFinished],
    },
  ],
};

export default collection;
