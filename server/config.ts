/** Environment variables -> Config. One clear line for every bad value, and no other source of settings. */

import { accessSync, constants, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** What the server can be told from outside. */
export interface Config {
  /** Address to listen on. */
  host: string;
  /** TCP port; 0 lets the system choose a free one. */
  port: number;
  /** Absolute path of the folder that `process_large_file` reads from and keeps its temporary files in. */
  dataDir: string;
  logLevel: LogLevel;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One or more variables have a value that cannot be used; `lines` says which, one line each. */
export class ConfigError extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'ConfigError';
    this.lines = lines;
  }
}

const PORT_RULE = 'a whole number from 0 to 65535, 0 for any free port';

const Environment = z.object({
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, 'an IP address or a host name, without port or brackets')
    .default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, PORT_RULE)
    .transform(Number)
    .refine((port) => port <= 65535, PORT_RULE)
    .default(8000),
  DATA_DIR: z
    .string()
    .refine((path) => !path.includes('\0'), 'the path of a folder')
    .default(resolve(import.meta.dirname, 'data')),
  LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

/**
 * Reads the configuration. A variable that is empty counts as not set.
 *
 * @param env usually `process.env`
 * @throws ConfigError with one line for each bad variable
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const allowed = new Map(parsed.error.issues.map((issue) => [String(issue.path[0]), issue.message]));
    throw new ConfigError(
      [...allowed].map(([name, rule]) => complaint(name, given[name], `allowed is ${rule}`)),
    );
  }
  const { HOST, PORT, DATA_DIR, LOG_LEVEL } = parsed.data;
  return { host: HOST, port: PORT, dataDir: resolve(DATA_DIR), logLevel: LOG_LEVEL };
}

/**
 * Makes sure that the data folder is there and can be written to.
 *
 * @throws ConfigError naming DATA_DIR
 */
export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConfigError([
      complaint('DATA_DIR', dataDir, `allowed is a folder that can be written to (${code})`),
    ]);
  }
}

/** The one form in which a bad variable is reported. */
export function complaint(name: string, value: unknown, text: string): string {
  return `${name}=${JSON.stringify(value)}: ${text}`;
}
