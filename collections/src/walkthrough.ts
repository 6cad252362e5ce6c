import { withCancelled, withCancelRequest } from './cases/walkthrough.ts';
import type { CollectionDefinition } from './collection.ts';

const collection: CollectionDefinition = {
  name: 'walkthrough',
  title: 'MCP Cancellation Walkthrough',
  description: `Cancel a call by your own hand, one request at a time, and see what happens.

Start the server (\`npm start\`), choose the environment **MCP reference server**, and send the requests of a folder from top to bottom. Each says what to click, what to expect, and why. *Start the long call* and *Cancel it* want a tab each: double-click them.

What one step tells the next (\`sessionId\`, \`callId\`, \`callKey\`) stands in the variables of this collection, where you can watch it.`,
  portable: false,
  trace: 'all',
  variables: {
    callSeconds: '30',
    sessionId: '',
    revision: '',
    understandsCancelRequest: '',
    callId: '0',
    sentId: '',
    callKey: '',
    callTool: '',
    callArguments: '{}',
    witnessArguments: '{}',
    callEnd: '',
    cancelMet: '',
  },
  folders: [
    {
      name: 'Cancel with notifications/cancelled',
      description: 'The way of MCP: a notification that carries the id of the request.',
      cases: [],
      steps: withCancelled,
    },
    {
      name: 'Cancel with $/cancelRequest',
      description: 'The way of the Language Server Protocol, which the reference server understands too.',
      cases: [],
      steps: withCancelRequest,
    },
  ],
};

export default collection;
