import type { Target } from '../client/options.ts';
import { sayer } from '../client/say.ts';
import { Session } from '../client/session.ts';
import { oneLine } from '../report/text.ts';
import { Failure } from '../runner/failure.ts';
import type { Io } from '../runner/screen.ts';
import { cleanup } from './cleanup.ts';
import { parseOptions, type SceneName } from './options.ts';
import { startOwnServer } from './own-server.ts';
import { basic, multiple, race } from './scenes.ts';
import { type Finding, SceneFailed, Stage, verified } from './stage.ts';

interface Scene {
  title: string;
  play(stage: Stage): Promise<void>;
}

const SCENES: Record<SceneName, Scene> = {
  basic: { title: '1. Basic Cancellation', play: basic },
  race: { title: '2. Race Condition', play: race },
  multiple: { title: '3. Multiple Tasks', play: multiple },
  cleanup: { title: '4. Resource Cleanup', play: cleanup },
};

/** What the scenes call. */
const TOOLS = ['process_large_file', 'quick', 'state', 'list_calls'];

/** Where the scenes are played. */
interface House {
  target: Target;
  /** The data folder of the server, where it is one of our own. */
  dataDir: string | undefined;
  slow: boolean;
  signal: AbortSignal | undefined;
  print: (line: string) => void;
}

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
  const house = { target, dataDir: own?.dataDir, slow: options.slow, signal: io.signal, print };
  try {
    await requireTools(house);
    print(`🎭 Cancellation, against ${own ? 'a server of our own' : target.url}`);
    return await playAll(house, options.scenes);
  } catch (error) {
    if (!io.signal?.aborted) throw error;
    print('⏹️ Interrupted.');
    return 130;
  } finally {
    await own?.stop();
  }
}

async function playAll(house: House, scenes: readonly SceneName[]): Promise<number> {
  const findings: Finding[] = [];
  const failed: SceneName[] = [];
  for (const name of scenes) {
    try {
      await playScene(house, SCENES[name], findings);
    } catch (error) {
      if (house.signal?.aborted || !(error instanceof SceneFailed || error instanceof Failure)) throw error;
      failed.push(name);
      house.print(`❌ This scene did not do what it says: ${oneLine(error.message)}`);
    }
  }
  house.print('');
  house.print('What was verified:');
  for (const line of verified(findings)) house.print(line);
  if (failed.length > 0) house.print(`  ❌ Not as they say: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

async function playScene(house: House, { title, play }: Scene, findings: Finding[]): Promise<void> {
  house.print('');
  house.print(title);
  const session = await Session.open({ ...house.target, signal: house.signal });
  const stage = new Stage({ ...house, session });
  try {
    await play(stage);
  } finally {
    findings.push(...stage.findings);
    // Cancels whatever a scene that failed has left running.
    await session.close();
  }
}

async function requireTools({ target, signal }: House): Promise<void> {
  const { url } = target;
  const session = await Session.open({ ...target, signal });
  const there = await session.tools().finally(() => session.close());
  const missing = TOOLS.filter((name) => !there.includes(name));
  if (missing.length > 0)
    throw new Failure(
      3,
      `${url} has no ${missing.join(', ')}: the scenes need the tools of the reference server, with its witness`,
    );
}
