import { type CallEnd, describeEnd, isCancelled, textOf } from '../client/call-end.ts';
import type { Stage } from './stage.ts';
import { FILE, Task } from './task.ts';

const DONE = 'Successfully processed';

/** A long call is cancelled while it runs. */
export async function basic(stage: Stage): Promise<void> {
  await stage.say(
    '🚀 Starting long-running task...',
    `The client sends tools/call, for a tool that takes 8 seconds. ${
      stage.session.streams
        ? 'Its response is a stream that stays open.'
        : 'This server answers in JSON, when the call has ended; the steps are told by the witness.'
    }`,
  );
  const task = await Task.start(stage, 8, 1000);
  for (const second of [1, 2]) {
    const { progress, total } = await task.tick(second);
    await stage.say(`📊 Processing ${FILE}... ${progress}/${total} seconds`);
  }
  await stage.say(
    '⏹️ Cancelling task...',
    `Next goes notifications/cancelled with requestId ${task.call.id}, the id that this client gave to its request.`,
  );
  const { end, state } = await task.stop();
  await stage.say(
    '✅ Successfully cancelled task',
    `The witness says: ${state.ticks} of ${state.total} steps done, and the code of the tool has ended.`,
  );
  await stage.say(
    '❌ Processing was cancelled',
    `This is how the request itself ended: ${describeEnd(end)}.`,
  );
}

/** A cancel comes too late, and does no harm. */
export async function race(stage: Stage): Promise<void> {
  await stage.say(
    '🏁 Testing race condition...',
    'A short call runs to its end. A cancel for it comes too late, as if the two had crossed on their way.',
  );
  const task = await Task.start(stage, 1, 100);
  const end = await task.end();
  const before = await task.state();
  const completed = before.call === 'completed' && before.finished === 1 && isDone(end);
  stage.check('status', completed, `a short call is ${before.call}: ${describeEnd(end)}`);
  const status = await task.cancel();
  const after = await task.state();
  const unchanged = after.call === 'completed' && after.finished === 1 && after.cancelled === 0;
  stage.check('race', status === 202 && unchanged, `a late cancel got ${status}; the call is ${after.call}`);
  await stage.say(
    '⚠️ Task not found (may have already completed)',
    'The server answers 202 to any cancel, so a client cannot know. The witness has told: completed.',
  );
  const text = 'This completes immediately';
  const quick = await stage.session.ask('quick', { text });
  const answered = quick.kind === 'result' && textOf(quick.result) === text;
  stage.check('race', answered, `the next call got ${describeEnd(quick)}`);
  await stage.say(`⚡ Quick response: ${text}`, 'The same session goes on: the late cancel did no harm.');
  stage.kept('status', 'a finished call stays completed');
  stage.kept('race', `a late cancel got ${status} and changed nothing`);
}

/** Of three calls, the middle one is cancelled. */
export async function multiple(stage: Stage): Promise<void> {
  await stage.say(
    '🚀 Starting 3 concurrent tasks...',
    'Three requests of one session, each with an id of its own.',
  );
  // Long enough for a pause between the first step and the last.
  const start = () => Task.start(stage, 4, stage.slow ? 1500 : 300);
  const tasks = [await start(), await start(), await start()] as const;
  const [first, middle, last] = tasks;
  for (const task of tasks) await task.tick(1);
  await stage.say(
    '⏹️ Cancelling middle task...',
    `All three are running. The cancel names id ${middle.call.id}, and no other.`,
  );
  await middle.stop();
  const ends = [await first.end(), await middle.end(), await last.end()];
  await stage.say('📊 Final results:');
  for (const [number, end] of ends.entries()) await stage.say(`  Task ${number}: ${outcome(end)}`);
  const states = [await first.state(), await middle.state(), await last.state()].map(({ call }) => call);
  const right = states.join() === 'completed,cancelled,completed' && ends.map(outcome).join() === EXPECTED;
  stage.check('status', right, `of three calls: ${states.join(', ')}`);
  stage.kept('status', 'of three, only the middle one cancelled');
}

const COMPLETED = `✅ ${DONE}`;
const CANCELLED = '❌ Processing was cancelled';
const EXPECTED = [COMPLETED, CANCELLED, COMPLETED].join();

function outcome(end: CallEnd): string {
  if (isDone(end)) return COMPLETED;
  return isCancelled(end) ? CANCELLED : `❌ ${describeEnd(end)}`;
}

function isDone(end: CallEnd): boolean {
  return end.kind === 'result' && end.result.isError !== true && textOf(end.result).startsWith(DONE);
}
