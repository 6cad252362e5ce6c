import { sayer } from '../client/say.ts';
import { Session } from '../client/session.ts';
import { oneLine, plural } from '../report/text.ts';
import { Failure } from '../runner/failure.ts';
import type { Io } from '../runner/screen.ts';
import { cleanup } from './cleanup.ts';
import { parseOptions, type SceneName } from './options.ts';
import { startOwnServer } from './own-server.ts';
import { basic, multiple, race } from './scenes.ts';
import { type Finding, SceneFailed, Stage, verified } from './stage.ts';

const SCENES: Record<SceneName, { title: string; play: (stage: Stage) => Promise<void> }> = {
  basic: { title: '1. Basic Cancellation', play: basic },
  race: { title: '2. Race Condition', play: race },
  multiple: { title: '3. Multiple Tasks', play: multiple },
  cleanup: { title: '4. Resource Cleanup', play: cleanup },
};

/** What the scenes call. */
const TOOLS = ['process_large_file', 'quick', 'state', 'list_calls'];

/**
 * The whole of `npm run demo`.
 * @param argv the command line behind the program's name
 * @returns the exit code: 0 every scene did what it says; 1 one did not; 130 it was interrupted
 * @throws Failure (2) for wrong usage; (3) where there is no server that can show it
 */
export async function main(argv: string[], io: Io): Promise<number> {
  const options = parseOptions(argv, io.env);
  if (!options) return 0;
  const print = sayer(io);
  const own = options.target ? undefined : await startOwnServer(io.env);
  const target = options.target ?? { url: own?.url ?? '', authorization: undefined };
  const around = { dataDir: own?.dataDir, slow: options.slow, signal: io.signal, print };
  const findings: Finding[] = [];
  const failed: SceneName[] = [];
  try {
    for (const name of options.scenes) {
      const { title, play } = SCENES[name];
      // Its end cancels whatever a scene that failed has left running.
      const session = await Session.open({ ...target, signal: io.signal });
      const stage = new Stage({ ...around, session });
      try {
        if (name === options.scenes[0]) {
          await requireTools(session, target.url);
          print(`🎭 Cancellation, against ${own ? 'a server of our own' : target.url}`);
        }
        print('');
        print(title);
        await play(stage);
      } catch (error) {
        if (io.signal?.aborted || !(error instanceof SceneFailed)) throw error;
        failed.push(name);
        print(`❌ This scene did not do what it says: ${oneLine(error.message)}`);
      } finally {
        findings.push(...stage.findings);
        await session.close();
      }
    }
  } catch (error) {
    if (!io.signal?.aborted) throw error;
    print('⏹️ Interrupted.');
    return 130;
  } finally {
    await own?.stop();
  }
  print('');
  print('What was verified:');
  for (const line of verified(findings)) print(line);
  if (failed.length > 0)
    print(`  ❌ ${plural(failed.length, 'scene')} did not do what it says: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

async function requireTools(session: Session, url: string): Promise<void> {
  const there = await session.tools();
  const missing = TOOLS.filter((name) => !there.includes(name));
  if (missing.length > 0)
    throw new Failure(
      3,
      `${url} has no ${missing.join(', ')}: the scenes need the tools of the reference server, with its witness`,
    );
}
