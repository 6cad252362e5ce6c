import { defineCase, page } from '../lib/definition.ts';

const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements');
const PROGRESS = page('basic/utilities/progress', 'behavior-requirements');
const LOGGING = page('server/utilities/logging', 'log-message-notifications');

/** The lesson's tool, which only the reference server has. */

export const fileCancelled = defineCase({
  id: 'R-FILE-1',
  name: 'Cancel process_large_file while it runs',
  description: `The lesson's own example, made true. \`process_large_file\` reads a file, tells its progress and writes a partial output. When it has ticked at least twice it is cancelled, with a reason. Then:

1. the stream held log messages and a progress that rose, until the cancel;
2. its last message is the error \`-32800\` "Request cancelled", with the exact id and the reason;
3. the stream ended, and nothing came after that message;
4. the handler ended, its partial output was removed, the reason was kept;
5. the session is as good as before.

The call and the cancel really overlap: the call is sent and not awaited, then the witness is asked until the call is known to run, then the cancel leaves on a second connection.`,
  checks: {
    logs: { level: 'DERIVED', text: 'log the start and every chunk', spec: LOGGING },
    progress: { level: 'MUST', text: 'raise the progress with every notification', spec: PROGRESS },
    reply: {
      level: 'DERIVED',
      text: 'answer with -32800 and the reason, or not at all, as cancelReply says',
      spec: BEHAVIOR,
    },
    last: { level: 'MUST', text: 'send no progress after the end of the call', spec: PROGRESS },
    ends: { level: 'DERIVED', text: 'end the stream within maxCancelMs', spec: BEHAVIOR },
    stopped: { level: 'SHOULD', text: 'stop reading the file', spec: BEHAVIOR },
    cleaned: { level: 'SHOULD', text: 'remove the partial output', spec: BEHAVIOR },
    reason: {
      level: 'DERIVED',
      text: 'keep the reason',
      spec: page('basic/utilities/cancellation', 'implementation-notes'),
    },
    usable: {
      level: 'MUST',
      text: 'go on serving the session',
      spec: page('basic/utilities/cancellation', 'timing-considerations'),
    },
  },
  before: async (t) => {
    if (!t.settings.tools.file)
      t.notApplicable('the environment names no fileTool: only the reference server has it');
    return t.cancelInFlight('file', { reason: 'the user closed the tab' });
  },
  after: (t, seen) => {
    const { maxCancelMs, cancelReply } = t.settings;
    // Postman hands over a stream when it has ended: what an open one holds is not known.
    const onStream: typeof t.check = (key, ok, expected, observed) =>
      seen.leftOpen ? t.notObserved(key, 'the stream was left open') : t.check(key, ok, expected, observed);
    const inFrames: typeof t.check = (key, ok, expected, observed) =>
      seen.frameless
        ? t.notObserved(key, 'the answer came as JSON, which has no frames')
        : onStream(key, ok, expected, observed);
    const logs = seen.messages
      .filter((message) => message.method === 'notifications/message')
      .map((message) => String(message.params?.data));
    inFrames(
      'logs',
      /^Starting to process /.test(logs[0] || '') && /^Processed chunk 1\//.test(logs[1] || ''),
      '"Starting to process …", then "Processed chunk 1/…"',
      logs.slice(0, 3).join(' | ') || 'no log message',
    );
    const progress = seen.messages
      .filter((message) => message.method === 'notifications/progress')
      .map((message) => Number(message.params?.progress));
    inFrames(
      'progress',
      progress.length >= 2 && progress.every((value, i) => i === 0 || value > Number(progress[i - 1])),
      'at least two values, each above the one before',
      progress.join(', ') || 'no progress',
    );

    const answers = seen.messages.filter((message) => message.method === undefined);
    const answer = answers[0];
    const data = answer?.error?.data as { reason?: unknown } | undefined;
    if (cancelReply === 'none') onStream('reply', answers.length === 0, 'no response', seen.fate);
    else
      onStream(
        'reply',
        answers.length === 1 &&
          answer?.id === seen.id &&
          answer?.error?.code === -32800 &&
          data?.reason === 'the user closed the tab',
        `error -32800 with id ${JSON.stringify(seen.id)} and data.reason`,
        answer ? JSON.stringify(answer) : seen.fate,
      );
    const end = answer ? seen.messages.indexOf(answer) : seen.messages.length - 1;
    onStream(
      'last',
      end === seen.messages.length - 1,
      'nothing after the final message',
      `${seen.messages.length - 1 - end} messages after it`,
    );
    t.check(
      'ends',
      seen.cancelMs !== null && seen.cancelMs <= maxCancelMs,
      `at most ${maxCancelMs} ms after the cancel was sent`,
      seen.cancelMs === null ? 'left open' : `${seen.cancelMs} ms`,
    );

    const witness = t.witness;
    if (!witness) {
      for (const key of ['stopped', 'cleaned', 'reason'])
        t.notObserved(key, 'no witness (stateTool is empty)');
    } else {
      t.check(
        'stopped',
        seen.stop?.stopped === true && witness.finished === 0 && witness.handler === 'ended',
        'the handler ended, finished 0',
        `handler ${witness.handler}, ${witness.ticks} ticks, finished ${witness.finished}`,
      );
      t.check('cleaned', witness.cleaned_up === true, 'cleaned_up true', `cleaned_up ${witness.cleaned_up}`);
      t.check(
        'reason',
        witness.reason === 'the user closed the tab',
        'the reason of the cancel',
        JSON.stringify(witness.reason),
      );
    }
    t.check('usable', seen.usable, 'an answer to a ping', seen.usable ? 'answered' : 'no answer');
  },
});

export const fileCompleted = defineCase({
  id: 'R-FILE-2',
  name: 'process_large_file without a cancel',
  description: `The same tool left alone: it reads the file to its end and says what it found. Without this one, a tool that never finishes would look like one that was cancelled well.`,
  checks: {
    result: {
      level: 'DERIVED',
      text: "finish with the lesson's sentence",
      spec: page('server/tools', 'calling-tools'),
    },
    counts: {
      level: 'DERIVED',
      text: 'count what it read',
      spec: page('server/tools', 'structured-content'),
    },
  },
  before: async (t) => {
    if (!t.settings.tools.file)
      t.notApplicable('the environment names no fileTool: only the reference server has it');
    const call = t.session.call('call', 'file', { steps: t.settings.steps });
    const { told } = await t.awaitEnd(call);
    t.showWitness(call.key);
    const { reply } = call.exchange;
    const answer = reply ? reply.messages.filter((message) => message.id === call.id)[0] : undefined;
    const result = (answer?.result || {}) as {
      content?: Array<{ text?: string }>;
      structuredContent?: { lines?: number; bytes?: number };
    };
    return {
      text: result.content?.[0]?.text || told,
      counts: result.structuredContent || {},
    };
  },
  after: (t, seen) => {
    t.check(
      'result',
      /^Successfully processed \S+$/.test(seen.text),
      'Successfully processed {filename}',
      seen.text,
    );
    const { lines, bytes } = seen.counts;
    t.check(
      'counts',
      Number(lines) > 0 && Number(bytes) > 0,
      'lines and bytes above 0',
      `${lines} lines, ${bytes} bytes`,
    );
  },
});
