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
  ...['lane', 'method', 'endedBy'],
]);

/** A secret as it stands in the environment, and as a server may echo it: in JSON, in JSON inside JSON, in a URL. */
export function spellings(value: string): string[] {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  const json = inJson(value);
  const escaped = percentEncoded(value);
  return [
    ...new Set([
      ...[value, json, inJson(json)],
      // PHP escapes slashes too.
      ...[json.replaceAll('/', '\\/'), inJson(json.replaceAll('/', '\\/'))],
      ...[escaped, escaped.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase())],
    ]),
  ];
}

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

  #addUrl({ username, password, searchParams, search }: URL): void {
    // A name that stands alone is a token.
    const secret = password || username;
    this.add(secret);
    this.add(unescapePercent(secret));
    for (const value of searchParams.values()) this.add(value);
    for (const part of search.slice(1).split('&')) this.add(part.slice(part.indexOf('=') + 1));
  }

  /** Adds a secret; what is too short to be one is left alone, or it would blot out half a report. */
  add(value: unknown): void {
    if (typeof value !== 'string' || value.length < 4) return;
    for (const spelling of spellings(value)) this.#values.add(spelling);
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

function percentEncoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}

function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
