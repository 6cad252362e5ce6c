import type { Strict } from './record.ts';
import type { Pm } from './sandbox.ts';

export type ToolRole = 'slow' | 'state' | 'quick' | 'file' | 'ask' | 'poll';

/** The environment's variables, read once for each script; `collections/README.md` tells what each means. */
export interface Settings {
  mcpUrl: string;
  authorization: string;
  headers: Array<{ key: string; value: string }>;
  protocolVersion: string;
  /** By what they are for; empty where the target has none. */
  tools: Record<ToolRole, string>;
  arguments: Record<ToolRole, string>;
  slowPrompt: string;
  slowResource: string;
  slowCompletion: string;
  /** The hang-up proxy, which stands for `mcpUrl`; empty for none. */
  hangUpUrl: string;
  cancelReply: 'error' | 'none' | 'any';
  steps: number;
  intervalMs: number;
  maxCancelMs: number;
  settleMs: number;
  quietMs: number;
  strict: Strict;
  trace: 'all' | 'red' | 'off';
}

/**
 * @throws Error naming the variable, what it holds and what it may hold, where one cannot be used.
 */
export function readSettings(pm: Pm): Settings {
  const text = (name: string, otherwise = ''): string => {
    const value = pm.variables.get(name);
    return value === undefined || value === null || value === ''
      ? otherwise
      : pm.variables.replaceIn(String(value));
  };
  const wrong = (name: string, allowed: string) =>
    new Error(`the variable ${name} is ${JSON.stringify(text(name))}: it must be ${allowed}`);
  const count = (name: string, otherwise: number): number => {
    const value = Number(text(name, String(otherwise)));
    // A timer that is to wait for longer than some weeks is over at once.
    if (!(value > 0 && value <= 1_000_000 && value % 1 === 0))
      throw wrong(name, 'a whole number from 1 to 1000000');
    return value;
  };
  const oneOf = <T extends string>(name: string, values: T[], otherwise: T): T => {
    const value = text(name, otherwise) as T;
    if (values.indexOf(value) < 0) throw wrong(name, `one of ${values.join(', ')}`);
    return value;
  };
  const headers = (): Settings['headers'] => {
    try {
      const object = JSON.parse(text('headers', '{}'));
      if (object === null || typeof object !== 'object' || Array.isArray(object)) throw new Error();
      return Object.keys(object).map((key) => ({ key, value: String(object[key]) }));
    } catch {
      throw wrong('headers', 'a JSON object such as {"X-Api-Key": "…"}');
    }
  };

  const intervalMs = count('intervalMs', 20);
  const address = (name: string): string => {
    const url = text(name);
    if (!/^https?:\/\//.test(url)) throw wrong(name, 'an http:// or https:// address');
    return url;
  };
  const mcpUrl = address('mcpUrl');
  return {
    mcpUrl,
    authorization: text('authorization'),
    headers: headers(),
    protocolVersion: text('protocolVersion', '2025-11-25'),
    tools: {
      slow: text('slowTool'),
      state: text('stateTool'),
      quick: text('quickTool'),
      file: text('fileTool'),
      ask: text('askTool'),
      poll: text('pollTool'),
    },
    arguments: {
      slow: text('slowArguments', '{}'),
      state: text('stateArguments', '{}'),
      quick: text('quickArguments', '{}'),
      file: text('fileArguments', '{}'),
      ask: text('askArguments', '{}'),
      poll: text('pollArguments', '{}'),
    },
    slowPrompt: text('slowPrompt'),
    slowResource: text('slowResource'),
    slowCompletion: text('slowCompletion'),
    hangUpUrl: text('hangUpUrl') && address('hangUpUrl'),
    cancelReply: oneOf('cancelReply', ['error', 'none', 'any'], 'any'),
    steps: count('steps', 5),
    intervalMs,
    maxCancelMs: count('maxCancelMs', 1000),
    settleMs: count('settleMs', 2000),
    // Frozen means: so long that at least five ticks would have shown.
    quietMs: Math.max(count('quietMs', 300), 300, 5 * intervalMs),
    strict: oneOf('strict', ['must', 'effect', 'should'], 'effect'),
    trace: oneOf('trace', ['all', 'red', 'off'], 'red'),
  };
}

/** What the templates of the environment's variables are filled with. */
export interface Pace {
  key: string;
  steps: number;
  intervalMs: number;
}

/**
 * Fills a JSON template of a tool's arguments: `$key` as text; `$steps`, `$intervalMs`, `$seconds` and
 * `$milliseconds` as numbers, whether the template has them in quotation marks or not.
 * @throws Error naming the variable where what comes out is no JSON object.
 */
export function fillArguments(name: string, template: string, pace: Pace): Record<string, unknown> {
  const filled = fillText(template, pace);
  try {
    const object = JSON.parse(filled);
    if (object !== null && typeof object === 'object' && !Array.isArray(object)) return object;
  } catch {
    // told below, with the rest
  }
  throw new Error(
    `the variable ${name} must be a JSON object, with $key, $steps, $intervalMs, $seconds or $milliseconds where they belong; filled in it reads: ${filled}`,
  );
}

/** Fills a template of any text, such as a resource's address. */
export function fillText(template: string, { key, steps, intervalMs }: Pace): string {
  const milliseconds = steps * intervalMs;
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  const numbers: Record<string, number> = { steps, intervalMs, seconds, milliseconds };
  return template
    .replace(
      /"\$(steps|intervalMs|seconds|milliseconds)"|\$(steps|intervalMs|seconds|milliseconds)/g,
      (_all, quoted, bare) => String(numbers[quoted || bare]),
    )
    .replace(/\$key/g, key);
}

/** The same arguments as texts: prompts and completions take nothing else. */
export function asTexts(args: Record<string, unknown>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(args)) texts[name] = String(value);
  return texts;
}
