import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { LaunchOptions } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** What to do where there is none. */
export const NO_CHROMIUM =
  'there is no Chromium: install it (apt-get install chromium), or name one in CHROMIUM_PATH';

/** The Chromium of this machine, as `CHROMIUM_PATH` or `PATH` has it; nothing is ever downloaded. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/bin'].filter(Boolean);
  const candidates = env.CHROMIUM_PATH
    ? [env.CHROMIUM_PATH]
    : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isProgram);
}

/** For a browser that talks to nobody and keeps nothing; Playwright gives it a folder for its data, and removes that. */
export function launchOptions(executablePath: string): LaunchOptions {
  return {
    executablePath,
    args: [
      // As root, as in a container, it starts without only.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
