import type { Agent } from 'undici';

/** What was sent, and how its exchange went. */
export interface Sent {
  /** `performance.now()` just before it was handed to the HTTP client. */
  readonly at: number;
  /** Resolves when the head of the response is there. */
  readonly answered: Promise<void>;
  /** Resolves when the response has ended, with `performance.now()` then and with its body. */
  readonly ended: Promise<{ at: number; body: string }>;
}

/**
 * A client with one session that measures. It does as little as it can while it waits, since it has to share the
 * machine with the server: nothing is parsed but what is asked for.
 */
export class BenchClient {
  readonly #url: URL;
  readonly #agent: Agent;
  #session: Record<string, string> = {};

  private constructor(url: string, agent: Agent) {
    this.#url = new URL(url);
    this.#agent = agent;
  }

  /**
   * Opens a session.
   *
   * @param agent the connections; clients may share one
   * @throws Error where the server refuses
   */
  static async open(url: string, agent: Agent): Promise<BenchClient> {
    const client = new BenchClient(url, agent);
    const clientInfo = { name: 'bench', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    await client.send({ id: 'initialize', method: 'initialize', params }).ended;
    await client.send({ method: 'notifications/initialized' }).ended;
    return client;
  }

  ping(): Sent {
    return this.send({ id: 'ping', method: 'ping' });
  }

  /** Starts a call that outlasts the measurement, with a tick a second. */
  call(id: number): Sent {
    const args = { key: `bench-${id}`, steps: 3600, interval_ms: 1000 };
    const params = { name: 'slow', arguments: args, _meta: { progressToken: id } };
    return this.send({ id, method: 'tools/call', params });
  }

  /** @param over other connections than those of the calls */
  cancel(requestId: number, over = this.#agent): Sent {
    return this.send(
      { method: 'notifications/cancelled', params: { requestId, reason: 'bench' } },
      'POST',
      over,
    );
  }

  /** Ends the session, and with it whatever was left open. */
  async end(): Promise<void> {
    await this.send(undefined, 'DELETE').ended;
  }

  send(message: object | undefined, method: 'POST' | 'DELETE' = 'POST', over = this.#agent): Sent {
    const { origin, pathname: path } = this.#url;
    const headers = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...this.#session,
    };
    const body = message === undefined ? null : JSON.stringify({ jsonrpc: '2.0', ...message });
    let answered = () => {};
    let failed: (error: Error) => void = () => {};
    const head = new Promise<void>((resolve, reject) => {
      answered = resolve;
      failed = reject;
    });
    head.catch(() => {});
    const at = performance.now();
    const ended = new Promise<{ at: number; body: string }>((resolve, reject) => {
      const pieces: Buffer[] = [];
      over.dispatch(
        { origin, path, method, headers, body },
        {
          onRequestStart() {},
          onResponseStart: (_, status, { 'mcp-session-id': session }) => {
            if (status >= 300) return fail(new Error(`${method} ${path} got HTTP status ${status}`));
            if (session)
              this.#session = { 'mcp-session-id': String(session), 'mcp-protocol-version': '2025-11-25' };
            answered();
          },
          onResponseData: (_, piece) => void pieces.push(piece),
          onResponseEnd: () => resolve({ at: performance.now(), body: Buffer.concat(pieces).toString() }),
          onResponseError: (_, error) => fail(error),
        },
      );
      function fail(error: Error) {
        failed(error);
        reject(error);
      }
    });
    // Of a call that the server leaves open, nobody waits for the end.
    ended.catch(() => {});
    return { at, answered: head, ended };
  }
}
