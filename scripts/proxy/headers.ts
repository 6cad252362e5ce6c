import { isOurs } from './hang-up.ts';

/** Headers that speak of one connection only. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Headers by name; one that was sent several times has several values. */
export type Headers = Record<string, string[]>;

/**
 * The headers of a request that go to the target.
 * @param raw names and values in turn, as Node gives them
 */
export function requestHeaders(raw: string[]): Headers {
  // Node has answered `Expect` by itself; `Host` is the target's.
  const headers = endToEnd(raw, (name) => isOurs(name) || name === 'host' || name === 'expect');
  // Node frames the body of a DELETE only where it is told to.
  if (values(raw, 'transfer-encoding').length > 0) headers['Transfer-Encoding'] = ['chunked'];
  return headers;
}

/**
 * The headers of a response that go to the client.
 * @param raw names and values in turn, as Node gives them
 */
export function responseHeaders(raw: string[]): Headers {
  return endToEnd(raw, () => false);
}

/** Takes out a header, in whatever case its name is written. */
export function without(headers: Headers, name: string): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== name));
}

function endToEnd(raw: string[], leaveOut: (name: string) => boolean): Headers {
  const named = values(raw, 'connection').flatMap((value) =>
    value.split(',').map((one) => one.trim().toLowerCase()),
  );
  const headers: Headers = {};
  for (const [name, value] of pairs(raw)) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.includes(lower) || named.includes(lower) || leaveOut(lower)) continue;
    headers[name] = [...(headers[name] ?? []), value];
  }
  return headers;
}

function values(raw: string[], name: string): string[] {
  return pairs(raw).flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));
}

function pairs(raw: string[]): Array<[name: string, value: string]> {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []));
}
