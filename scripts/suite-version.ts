import { readFileSync } from 'node:fs';

/** The suite's version, which every built collection carries. */
export function suiteVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
