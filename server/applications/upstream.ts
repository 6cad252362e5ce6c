/** A slow API, for calling: a real HTTP server on this machine, which keeps account of its requests itself. */

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LRUCache } from 'lru-cache';
import { MAX_KEYS } from '../witness.ts';

/** By this header a caller names its request. */
export const REQUEST_ID = 'x-request-id';

/** How many lines of an answer come in a second. */
export const LINES_A_SECOND = 4;

/** How a request stands, as the upstream sees it. `disconnected`: its caller hung up before the answer was through. */
export type Standing = 'open' | 'disconnected' | 'answered';

/** One request, as the upstream sees it. */
export interface Served {
  standing: Standing;
  /** How many lines of the answer were written. */
  lines: number;
}

export class Upstream {
  readonly #server: Server;
  readonly #served = new LRUCache<string, Served>({ max: MAX_KEYS });
  readonly #watchers = new Map<string, (standing: Standing) => void>();

  private constructor() {
    this.#server = createServer(({ headers, url = '' }, res) => {
      const { pathname, searchParams } = new URL(url, 'http://upstream');
      const seconds = Number(searchParams.get('seconds'));
      if (pathname !== '/slow' || !(seconds > 0)) return void res.writeHead(404).end();
      this.#answer(String(headers[REQUEST_ID]), seconds, res);
    });
  }

  /** Starts one on a free port. */
  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/slow`);
  }

  /** What it knows of a request; undefined if it never came. */
  tell(id: string): Readonly<Served> | undefined {
    return this.#served.get(id);
  }

  /** Tells of the end of a request, as soon as it is there; until nobody wants to know any more. */
  watch(id: string, ended: (standing: Standing) => void): void {
    this.#watchers.set(id, ended);
  }

  unwatch(id: string): void {
    this.#watchers.delete(id);
  }

  /** Drops every connection. */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** Answers with a line every quarter of a second, for so many seconds, or until the caller hangs up. */
  #answer(id: string, seconds: number, res: ServerResponse): void {
    const served: Served = { standing: 'open', lines: 0 };
    this.#served.set(id, served);
    const total = Math.ceil(seconds * LINES_A_SECOND);
    const line = setInterval(() => {
      served.lines++;
      const text = `${served.lines} of ${total}\n`;
      if (served.lines < total) res.write(text);
      else res.end(text);
    }, 1000 / LINES_A_SECOND);
    res.on('finish', () => clearInterval(line));
    res.on('close', () => {
      clearInterval(line);
      served.standing = res.writableFinished ? 'answered' : 'disconnected';
      this.#watchers.get(id)?.(served.standing);
      this.unwatch(id);
    });
    res.writeHead(200, { 'Content-Type': 'text/plain' }).flushHeaders();
  }
}
