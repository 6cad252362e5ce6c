import { type EnvironmentJson, getValue, resolveVariables } from './environment.ts';

/** What stands in a report in place of a secret. */
const MASK = '***';

/**
 * What the suite itself writes into records and results. A secret can be a word of its own, such as `?level=warn`, and
 * masking that would change a verdict.
 */
const OWN: ReadonlySet<string> = new Set([
  ...['id', 'case', 'title', 'spec', 'collection', 'revision', 'strict'],
  ...['verdict', 'level', 'evidence'],
]);

/** Remembers secrets while a run goes on, and takes them out of everything that is kept of it. */
export class Secrets {
  readonly #values = new Set<string>();

  /** The secrets that an environment holds: what it sends in headers or calls secret, and what its URL carries. */
  static of(environment: EnvironmentJson): Secrets {
    const secrets = new Secrets();
    const resolved = (name: string) => resolveVariables(environment, getValue(environment, name));
    const authorization = resolved('authorization');
    secrets.add(authorization);
    // Servers like to echo the token alone.
    secrets.add(authorization.replace(/^\S+\s+/, ''));
    for (const value of headerValues(resolved('headers'))) secrets.add(String(value));
    for (const { key, type } of environment.values)
      if (type === 'secret') secrets.add(getValue(environment, key));
    const url = resolved('mcpUrl');
    if (URL.canParse(url)) secrets.#addUrl(new URL(url));
    return secrets;
  }

  #addUrl({ password, searchParams, search }: URL): void {
    this.add(password);
    this.add(unescapePercent(password));
    for (const value of searchParams.values()) this.add(value);
    for (const part of search.slice(1).split('&')) this.add(part.slice(part.indexOf('=') + 1));
  }

  /** Adds a secret; what is too short to be one is left alone, or it would blot out half a report. */
  add(value: unknown): void {
    if (typeof value !== 'string' || value.length < 4) return;
    this.#values.add(value);
    // As it stands in the JSON of a message.
    this.#values.add(JSON.stringify(value).slice(1, -1));
  }

  mask(text: string): string {
    // Longest first: a secret may hold another one.
    const values = [...this.#values].sort((a, b) => b.length - a.length);
    return values.reduce((masked, value) => masked.replaceAll(value, MASK), text);
  }

  /** Masks what records and results say of a target, and leaves the suite's own words in them. */
  maskResults<T>(value: T): T {
    return this.maskDeep(value, OWN);
  }

  /**
   * Masks every string, and every buffer of text, in a value; in place, as reporters hold on to the objects.
   * @param but keys whose strings stay
   */
  maskDeep<T>(value: T, but: ReadonlySet<string> = new Set(), seen = new WeakSet<object>()): T {
    if (typeof value === 'string') return this.mask(value) as T;
    if (value === null || typeof value !== 'object' || seen.has(value)) return value;
    seen.add(value);
    const holder = value as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      const before = holder[key];
      if (typeof before === 'function' || (typeof before === 'string' && but.has(key))) continue;
      const after = Buffer.isBuffer(before) ? this.#maskBuffer(before) : this.maskDeep(before, but, seen);
      if (after !== before) holder[key] = after;
    }
    return value;
  }

  #maskBuffer(buffer: Buffer): Buffer {
    const text = buffer.toString('utf8');
    const masked = this.mask(text);
    return masked === text ? buffer : Buffer.from(masked);
  }
}

function headerValues(json: string): unknown[] {
  try {
    return Object.values(JSON.parse(json || '{}'));
  } catch {
    return [];
  }
}

function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
