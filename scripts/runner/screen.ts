import { relative } from 'node:path';
import pc from 'picocolors';
import type { Screen } from './progress.ts';

/** What a run is given of the world around it. */
export interface Io {
  env: NodeJS.ProcessEnv;
  out: Screen;
  err: { write(text: string): unknown };
  /** Ends the run early; everything that was started is stopped before `main` returns. */
  signal?: AbortSignal;
}

/** What a folder is called on the screen, seen from where the user stands. */
export function shownFolder({ env }: Io, folder: string): string {
  const near = relative(env.INIT_CWD ?? process.cwd(), folder) || '.';
  return near.startsWith('..') ? folder : near;
}

export function useColor({ env, out }: Io): boolean {
  if (env.NO_COLOR) return false;
  return Boolean(env.FORCE_COLOR) || (out.isTTY === true && pc.isColorSupported);
}
