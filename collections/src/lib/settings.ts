import type { Strict } from './record.ts';
import type { Pm } from './sandbox.ts';

/** The environment's variables, read once for each script; `collections/README.md` tells what each means. */
export interface Settings {
  mcpUrl: string;
  authorization: string;
  headers: Array<{ key: string; value: string }>;
  protocolVersion: string;
  tools: { slow: string; state: string; quick: string; file: string };
  arguments: { slow: string; state: string; quick: string; file: string };
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
    if (!(value > 0 && value % 1 === 0)) throw wrong(name, 'a whole number above 0');
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
  const mcpUrl = text('mcpUrl');
  if (!/^https?:\/\//.test(mcpUrl)) throw wrong('mcpUrl', 'an http:// or https:// address');
  const hangUpUrl = text('hangUpUrl');
  if (!/^(https?:\/\/|$)/.test(hangUpUrl))
    throw wrong('hangUpUrl', 'an http:// or https:// address, or empty');
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
    },
    arguments: {
      slow: text('slowArguments', '{}'),
      state: text('stateArguments', '{}'),
      quick: text('quickArguments', '{}'),
      file: text('fileArguments', '{}'),
    },
    hangUpUrl,
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

/**
 * Fills a JSON template of a tool's arguments: `$key` as text; `$steps`, `$intervalMs` and `$seconds` as numbers,
 * whether the template has them in quotation marks or not.
 * @throws Error naming the variable where what comes out is no JSON object.
 */
export function fillArguments(
  name: string,
  template: string,
  values: { key: string; steps: number; intervalMs: number },
): Record<string, unknown> {
  const numbers: Record<string, number> = {
    steps: values.steps,
    intervalMs: values.intervalMs,
    seconds: Math.max(1, Math.ceil((values.steps * values.intervalMs) / 1000)),
  };
  const filled = template
    .replace(/"\$(steps|intervalMs|seconds)"|\$(steps|intervalMs|seconds)/g, (_all, quoted, bare) =>
      String(numbers[quoted || bare]),
    )
    .replace(/\$key/g, values.key);
  try {
    const object = JSON.parse(filled);
    if (object !== null && typeof object === 'object' && !Array.isArray(object)) return object;
  } catch {
    // told below, with the rest
  }
  throw new Error(
    `the variable ${name} must be a JSON object, with $key, $steps, $intervalMs or $seconds where they belong; filled in it reads: ${filled}`,
  );
}
