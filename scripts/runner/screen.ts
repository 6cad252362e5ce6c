import { relative } from 'node:path';
import pc from 'picocolors';
import { withoutCommands } from '../report/github.ts';
import type { Screen } from './progress.ts';

/** What a run is given of the world around it. */
export interface Io {
  env: NodeJS.ProcessEnv;
  out: Screen;
  err: { write(text: string): unknown };
  /** Ends the run early; everything that was started is stopped before `main` returns. */
  signal?: AbortSignal;
}

export function inGitHubActions({ env }: Io): boolean {
  return env.GITHUB_ACTIONS === 'true';
}

/** Text that may hold what a server said, so that whoever reads the screen takes it for nothing else. */
export function inert(io: Io, text: string): string {
  return inGitHubActions(io) ? withoutCommands(text) : text;
}

/** What a folder is called on the screen, seen from where the user stands. */
export function shownFolder({ env }: Pick<Io, 'env'>, folder: string): string {
  const near = relative(env.INIT_CWD ?? process.cwd(), folder) || '.';
  return near.startsWith('..') ? folder : near;
}

export function useColor({ env, out }: Io): boolean {
  if (env.NO_COLOR) return false;
  return Boolean(env.FORCE_COLOR) || (out.isTTY === true && pc.isColorSupported);
}
