import { readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { usage } from './failure.ts';
import type { Options } from './options.ts';
import { ROOT } from './plan.ts';

/** A Postman environment, as far as the runner looks into it. */
export interface EnvironmentJson {
  name?: string;
  values: Array<{ key: string; value: string; type?: string; enabled?: boolean }>;
}

/** Variables that each collection sets for itself, and that an environment may replace. */
const BY_COLLECTION = ['trace', 'callSeconds'];

/**
 * Reads the environment and lets the options replace its variables.
 * @param url the target, where the environment is not to say
 * @throws Failure (2) where the file cannot be read or is no environment
 */
export async function loadEnvironment(options: Options, url: string | undefined): Promise<EnvironmentJson> {
  const name = options.environment ?? (url === undefined ? 'reference' : 'any-server');
  const shipped = join(ROOT, 'environments', `${name}.postman_environment.json`);
  const file = /^[\w-]+$/.test(name)
    ? shipped
    : isAbsolute(name)
      ? name
      : resolve(process.env.INIT_CWD ?? '.', name);
  const environment = await readEnvironment(file);
  const replaced: Record<string, string> = {
    ...(url === undefined ? {} : { mcpUrl: url }),
    ...(options.authorization === undefined ? {} : { authorization: options.authorization }),
    ...options.variables,
  };
  if (options.strict) replaced.strict = options.strict;
  const [revision] = options.revisions;
  if (revision !== undefined) replaced.protocolVersion = revision;
  const known = [...environment.values.map(({ key }) => key), ...BY_COLLECTION];
  for (const key of Object.keys(options.variables))
    if (!known.includes(key)) throw usage(`there is no variable "${key}"; there are: ${known.join(', ')}`);
  for (const [key, value] of Object.entries(replaced)) setValue(environment, key, value);
  // The walkthrough gives a person half a minute for the next click.
  if (getValue(environment, 'callSeconds') === '') setValue(environment, 'callSeconds', '1');
  return environment;
}

/** Fills in `{{name}}`, as Postman does; what is not there stays as it is. */
export function resolveVariables(environment: EnvironmentJson, text: string): string {
  return text.replace(/\{\{([^{}]+)\}\}/g, (whole, name) => getValue(environment, name) || whole);
}

/** Sets a variable; one that is secret stays so. */
export function setValue(environment: EnvironmentJson, key: string, value: string): void {
  const known = environment.values.find((one) => one.key === key);
  if (known) Object.assign(known, { value, enabled: true });
  else environment.values.push({ key, value, enabled: true });
}

async function readEnvironment(file: string): Promise<EnvironmentJson> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw usage(`the environment ${file} cannot be read; give a file, or reference, or any-server`);
  }
  try {
    const environment = JSON.parse(text);
    if (Array.isArray(environment?.values))
      return { ...environment, values: environment.values.flatMap(readVariable) };
  } catch {
    // told below
  }
  throw usage(`the environment ${file} is no Postman environment: it has no list of values`);
}

/** Postman writes numbers and the like as they are, and its scripts take all for texts. */
function readVariable(one: Record<string, unknown> | null): EnvironmentJson['values'] {
  if (typeof one?.key !== 'string') return [];
  const value = one.value ?? '';
  return [{ ...one, key: one.key, value: typeof value === 'string' ? value : JSON.stringify(value) }];
}

/** What a variable holds; empty where it is absent, or disabled, which is the same for Postman. */
export function getValue(environment: EnvironmentJson, key: string): string {
  return environment.values.find((one) => one.key === key && one.enabled !== false)?.value ?? '';
}
