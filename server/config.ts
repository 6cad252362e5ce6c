/** Environment variables -> Config. One clear line for every bad value, and no other source of settings. */

import { resolve } from 'node:path';
import { z } from 'zod';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting by its name here; its variable is the same in capitals: `sessionIdleSeconds` is SESSION_IDLE_SECONDS. */
const Settings = z.object({
  /** Address to listen on. */
  host: text(/^[A-Za-z0-9.:_-]+$/, 'an IP address or a host name, without port or brackets').default(
    '127.0.0.1',
  ),
  port: whole(0, 65_535, ', 0 for any free port').default(8000),
  /** Absolute path of the folder that `process_large_file` reads from and keeps its temporary files in. */
  dataDir: text(/^[^\0]+$/, 'the path of a folder')
    .default(resolve(import.meta.dirname, 'data'))
    .transform((path) => resolve(path)),
  logLevel: oneOf(LOG_LEVELS).default('info'),
  /** What a call gets that its client cancelled: the error -32800, or no response. */
  cancelReply: oneOf(['error', 'none']).default('error'),
  responseMode: oneOf(['sse', 'json']).default('sse'),
  /** What the server offers: what cancellation is tested on, or tools that do real work. */
  tools: oneOf(['reference', 'applications']).default('reference'),
  /** Whether what handlers really did can be asked for. */
  witness: oneOf(['on', 'off']).default('on'),
  sessionIdleSeconds: whole(1, 86_400).default(1800),
  maxSessions: whole(1, 100_000).default(1000),
  /** What is kept of each session's streams for a client that comes back. */
  maxEvents: whole(1, 100_000).default(1000),
  maxEventBytes: whole(1, 1_000_000_000).default(262_144),
  bodyLimit: whole(1, 1_000_000_000).default(262_144),
  /** How long a client may take to send a request. */
  requestTimeoutSeconds: whole(1, 3600).default(30),
  /**
   * How long a connection stays open between two requests: longer than stock Newman leaves one idle. Its next request
   * would fail where it goes out on a connection that ends at that moment, and Node's five seconds are a case's pause.
   */
  keepAliveSeconds: whole(1, 3600).default(120),
  authToken: text(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces').optional(),
  /** Host names that may stand in a Host header, whatever the port. */
  allowedHosts: list(
    /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/,
    'host names without ports, [::1] with brackets',
  ).default(['localhost', '127.0.0.1', '[::1]']),
  /** Origins of web pages that may call; `:*` stands for any port. */
  allowedOrigins: list(/^([a-z][a-z0-9+.-]*:\/\/[^/\s]+|null)$/, 'origins such as https://a.example').default(
    ['localhost', '127.0.0.1', '[::1]'].flatMap((host) => [`http://${host}:*`, `https://${host}:*`]),
  ),
});

/** What the server can be told from outside. */
export type Config = z.output<typeof Settings>;

/** The names of all variables. */
export const VARIABLES: readonly string[] = Object.keys(Settings.shape).map(variable);

/** One or more variables have a value that cannot be used; `lines` says which, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly lines: readonly string[];

  constructor(...lines: string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/**
 * Reads the configuration. A variable that is empty counts as not set.
 *
 * @param env usually `process.env`
 * @throws ConfigError with one line for each bad variable
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.keys(Settings.shape).map((name) => [name, env[variable(name)] || undefined]),
  );
  const parsed = Settings.safeParse(given);
  if (parsed.success) return parsed.data;
  const allowed = new Map(parsed.error.issues.map((issue) => [String(issue.path[0]), issue.message]));
  const lines = [...allowed].map(([name, rule]) =>
    complaint(variable(name), given[name], `allowed is ${rule}`),
  );
  throw new ConfigError(...lines);
}

/** The one form in which a bad variable is reported. */
export function complaint(name: string, value: unknown, text: string): string {
  return `${name}=${name === 'AUTH_TOKEN' ? '(secret)' : JSON.stringify(value)}: ${text}`;
}

function variable(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function text(form: RegExp, rule: string) {
  return z.string().regex(form, rule);
}

function whole(min: number, max: number, more = '') {
  const rule = `a whole number from ${min} to ${max}${more}`;
  const inRange = (value: number) => value >= min && value <= max;
  return z
    .string()
    .regex(/^\d{1,10}$/, rule)
    .transform(Number)
    .refine(inRange, rule);
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, `one of ${values.join(', ')}`);
}

function list(form: RegExp, what: string) {
  const rule = `a comma-separated list of ${what}`;
  const split = (text: string) => text.split(',').map((entry) => entry.trim().toLowerCase());
  return z
    .string()
    .transform(split)
    .refine((entries) => entries.every((entry) => form.test(entry)), rule);
}
