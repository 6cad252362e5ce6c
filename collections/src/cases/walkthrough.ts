import type { StepDefinition } from '../lib/step.ts';
import {
  cancel,
  cancelRequest,
  end,
  initialize,
  initialized,
  lookAt,
  ping,
  startCall,
  type Texts,
} from './walk-steps.ts';

/** The lesson's steps for the hands: the same round twice, as there are two notifications that cancel. */

/** The descriptions of one round. */
interface Round {
  first: number;
  /** Tells the names of the two rounds apart: Newman runs only one of several requests of the same name. */
  suffix: string;
  method: string;
  cancel: (texts: Texts) => StepDefinition;
  /** What is to be said of this way of cancelling. */
  about: string;
}

function round({ first, suffix, method, cancel: sendCancel, about }: Round): StepDefinition[] {
  const text = (n: number, name: string, description: string): Texts => ({
    id: `W-${first + n}`,
    name: `${name}${suffix}`,
    description: description.trim(),
  });
  return [
    initialize(
      text(
        0,
        'Initialize',
        `
**Click** *Send*.

**Expect** an answer that names the server and the revision it will speak. Its header \`Mcp-Session-Id\` names the session; the test script keeps it in the collection variable \`sessionId\`, and every later request carries it.

**Why**: ids of requests, and so cancels, count within one session. Sent again, it opens a new session, and the walk begins anew.`,
      ),
    ),
    initialized(
      text(
        1,
        'Initialized',
        `
**Click** *Send*.

**Expect** 202 and an empty body: this is a notification, so nothing answers it.

**Why**: the client says that it is ready. The test script now settles the id of the *next* call, in the collection variable \`callId\`, as a client does: who wants to cancel a call has to know its id before any answer has come.`,
      ),
    ),
    startCall(
      text(
        2,
        'Start the long call',
        `
**Double-click** the request, so that it keeps a tab of its own. **Click** *Send*, and leave the tab alone: the call takes half a minute. The variable \`callSeconds\` says how long it takes.

**Expect** its progress, a step a second, each as it arrives; from a server that answers in JSON, nothing yet. Go on with the next step within the half minute. When the call is cancelled, this tab shows the end at once: the error \`-32800\` from a server that answers a cancelled call (\`CANCEL_REPLY=error\`), or just the end of the stream from one that does not (\`none\`).

**Why**: look at the body. Its \`id\` is \`{{callId}}\` without quotation marks, a JSON number. \`7\` and \`"7"\` are two ids.

Run headless, from top to bottom, nobody presses the next *Send* while it runs: it ends with its result, and the cancel comes late. The tests know that, and say so.`,
      ),
    ),
    sendCancel(
      text(
        3,
        `Cancel it with ${method}`,
        `
**Double-click**, for a second tab. **Click** *Send* while the first tab still waits.

**Expect** 202 here, and the end of the call in the other tab at the same moment.

**Why**: ${about} It carries the very id that the running call was sent with, although that call has no answer yet. A server answers 202 whatever becomes of it: that the notification has arrived is all that 202 says. Too late, for an id that nobody knows, twice: it is always 202 and never an error.`,
      ),
    ),
    lookAt(
      text(
        4,
        'Look at its state',
        `
**Click** *Send*.

**Expect** the *witness*: \`handler: ended\`, \`finished: 0\`, and a number of \`ticks\` that no longer grows, however often you send it. After a late cancel: \`finished: 1\`.

**Why**: an exchange that has ended shows that the server stopped *talking*. Only a second channel shows that it stopped *working*.`,
      ),
    ),
    ping(
      text(
        5,
        'The session still works',
        `
**Click** *Send*.

**Expect** an empty result.

**Why**: a cancel concerns one call. The session, and every other call in it, go on.`,
      ),
    ),
    end(
      text(
        6,
        'End the session',
        `
**Click** *Send*.

**Expect** 200. A call that still runs is cancelled with its session. The test script has forgotten \`sessionId\`, so every other step now answers 400, which asks for a session; with the old id it would be 404.

**Why**: it frees what the server keeps for you, the streams of forgotten calls among it.`,
      ),
    ),
  ];
}

export const withCancelled = round({
  first: 1,
  suffix: '',
  method: 'notifications/cancelled',
  cancel,
  about: '`notifications/cancelled` is how MCP cancels.',
});

export const withCancelRequest = round({
  first: 8,
  suffix: ', second round',
  method: '$/cancelRequest',
  cancel: cancelRequest,
  about:
    '`$/cancelRequest` is how the Language Server Protocol cancels. The reference server understands it too, and says so under `capabilities.experimental` in its answer to step W-8; the specification of MCP does not know it, and other servers take it for a notification they do not know: the call then runs on.',
});
