import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Call {
  args: string[];
  env: Record<string, string>;
}

/** Puts an npm into a folder that does nothing but write down how it is called. */
export function recordNpm(folder: string, exitCode = 0) {
  const log = join(folder, 'calls');
  mkdirSync(folder);
  const source = `#!${process.execPath}
    const { argv, env } = process;
    require('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify({ args: argv.slice(2), env }) + '\\n');
    process.exitCode = ${exitCode};`;
  writeFileSync(join(folder, 'npm'), source);
  chmodSync(join(folder, 'npm'), 0o755);
  return {
    /** A search path on which it comes first. */
    path: `${folder}:${process.env.PATH}`,
    calls(): Call[] {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      return lines.map((line) => JSON.parse(line));
    },
  };
}
