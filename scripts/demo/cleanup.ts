import type { Call } from '../client/session.ts';
import { openFiles, temporaryFiles } from './own-folder.ts';
import { SceneFailed, type Stage } from './stage.ts';
import { Task } from './task.ts';

/** What a cancelled call leaves behind: nothing. */
export async function cleanup(stage: Stage): Promise<void> {
  await stage.say(
    '🧹 Testing resource cleanup...',
    'While it works, the tool holds its file open, and a temporary file beside it.',
  );
  const task = await Task.start(stage, 20, 500);
  await task.tick(1);
  const open = stage.dataDir ? await ownFilesThere(stage, stage.dataDir) : undefined;
  if (!stage.dataDir) await stage.say('📄 Task is at work (its files cannot be seen from here)');
  const busy = await callsInFlight(stage);
  stage.check('clean', busy.includes(task.call.id), `the registry does not list call ${task.call.id}`);
  await stage.say(
    '⏹️ Cancelling task...',
    'The tool stops where it is, and what it asked to have cleaned up is cleaned up, whatever ended it.',
  );
  const { state } = await task.stop();
  stage.check('clean', state.cleaned_up, 'the witness says that nothing was cleaned up');
  if (stage.dataDir) await ownFilesGone(stage, stage.dataDir, open);
  else {
    await stage.say('🗑️ Cleaned up, says the witness', 'Of a server elsewhere, only its witness can tell.');
    stage.kept('clean', 'the witness says so (the files of this server cannot be seen from here)');
  }
  const left = await callsInFlight(stage);
  stage.check('clean', left.length === 0, `the registry still lists ${left.join(', ')}`);
  await stage.say('📋 Registry is empty', 'list_calls, asked in the same session, lists no call in flight.');
  stage.kept('clean', 'the registry is empty');
}

/** @returns how many files the server has open in its folder; undefined where this system does not tell */
async function ownFilesThere(stage: Stage, dataDir: string): Promise<number | undefined> {
  const there = await temporaryFiles(dataDir);
  stage.check('clean', there.length === 1, `${there.length} temporary files while one call is at work`);
  const open = await openFiles(dataDir);
  // Its folder was never seen in use: then it would prove nothing that it is not in use later.
  const seen = open && open > 0 ? open : undefined;
  const handles = seen === undefined ? '' : ` (files open: ${seen})`;
  await stage.say(`📄 Temporary file is there${handles}`, `In the data folder of the server: ${there[0]}`);
  return seen;
}

async function ownFilesGone(stage: Stage, dataDir: string, openBefore: number | undefined): Promise<void> {
  const left = await temporaryFiles(dataDir);
  stage.check('clean', left.length === 0, `${left.join(', ')} was left behind`);
  const open = openBefore === undefined ? undefined : await openFiles(dataDir);
  stage.check('clean', !open, `${open} files are still open`);
  const handles = open === undefined ? '' : ' (files open: 0)';
  await stage.say(
    `🗑️ Temporary file is gone${handles}`,
    'Looked up in the data folder itself; the witness says the same.',
  );
  stage.kept('clean', 'the temporary file was there and is gone');
  stage.kept('clean', open === undefined ? 'its handles closed, says the witness' : 'no file is open');
}

/** The ids of the calls in flight in this session. */
async function callsInFlight({ session }: Stage): Promise<Call['id'][]> {
  const end = await session.ask('list_calls');
  const calls = end.kind === 'result' ? end.result.structuredContent?.calls : undefined;
  if (!Array.isArray(calls)) throw new SceneFailed('the registry tells nothing');
  return calls.map(({ id }) => id);
}
