/** HTTP requests that are refused, and what refuses them before they reach a session. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Config } from './config.ts';
import type { CallId } from './tools/tool.ts';

/** An HTTP request that is refused; the body is a JSON-RPC error. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly id: CallId | null;
  readonly headers: Record<string, string>;

  /** @param status of HTTP; @param code of JSON-RPC; @param id of the request, if one can be named */
  constructor(
    status: number,
    code: number,
    message: string,
    id: CallId | null = null,
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.id = id;
    this.headers = headers;
  }
}

/** Refuses pages of other sites, also those that call themselves by a name that leads to us (DNS rebinding). */
export function guardOrigin({ allowedHosts, allowedOrigins, host: own }: Config): RequestHandler {
  const bare = own.includes(':') ? `[${own}]` : own;
  const hosts = new Set([...allowedHosts, bare.toLowerCase()]);
  const origins = new Set(allowedOrigins);
  return (req, _res, next) => {
    const host = req.headers.host?.toLowerCase().replace(/:\d+$/, '');
    if (host === undefined || !hosts.has(host))
      throw new Refusal(403, -32000, 'The Host header is not in ALLOWED_HOSTS');
    const origin = req.headers.origin?.toLowerCase();
    if (origin !== undefined && !origins.has(origin) && !origins.has(origin.replace(/(:\d+)?$/, ':*')))
      throw new Refusal(403, -32000, 'The Origin header is not in ALLOWED_ORIGINS');
    next();
  };
}

/** Refuses whoever does not know the token, with every request anew: knowing a session proves nothing. */
export function guardToken({ authToken }: Config): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = authToken === undefined ? undefined : digest(authToken);
  return (req, _res, next) => {
    const [, given = ''] = /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '') ?? [];
    // Of digests, as only what is equally long can be compared in constant time.
    if (expected && !timingSafeEqual(digest(given), expected))
      throw new Refusal(401, -32000, 'A valid bearer token is needed', null, {
        'WWW-Authenticate': 'Bearer',
      });
    next();
  };
}
