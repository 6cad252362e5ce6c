/** The reference server as an Express app: /mcp, /healthz and /metrics, and the guards before them. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { createMetrics, type measureProcess } from './metrics.ts';
import { guardOrigin, guardToken, Refusal } from './refusal.ts';
import { Sessions } from './sessions.ts';
import { createOffer } from './tools/index.ts';

/** How long handlers may take to stop and clean up when the server closes, in milliseconds. */
const HANDLER_GRACE_MS = 2500;

/** How long a client may take to read what was sent to it when the server closes, in milliseconds. */
const CLIENT_GRACE_MS = 1000;

/** A reference server. */
export interface App {
  readonly app: Express;
  readonly sessions: Sessions;
  /**
   * Listens.
   *
   * @param port 0 for a free one
   * @returns the URL of the MCP endpoint
   * @throws the error of Node's `listen`, such as EADDRINUSE
   */
  listen(host?: string, port?: number): Promise<string>;
  /**
   * Cancels what is in flight, ends every session and stops listening.
   *
   * @param reason that the clients of cancelled calls are told
   * @returns when every connection is closed, after 4 seconds at most, and what the tools share is freed
   */
  close(reason?: string): Promise<void>;
}

/**
 * Makes a server. Servers share nothing but what is in `dataDir`.
 *
 * @param log one line for each call when it is answered, and for each cancel
 * @param offer the tools, prompts and resources
 * @param measured what /metrics tells of the process, if that is this server's to tell
 */
export function createApp(
  config: Config,
  log: Logger,
  offer = createOffer(config),
  measured?: ReturnType<typeof measureProcess>,
): App {
  const metrics = createMetrics(offer, () => sessions.kept, measured);
  const sessions = new Sessions(config, offer, log, metrics.observe);
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);

  app.use(guardOrigin(config));
  app
    .route('/healthz')
    .get((_req, res) => {
      res.json({ status: 'ok', sessions: sessions.size, calls_in_flight: sessions.callsInFlight });
    })
    .all(refuseMethod('GET', 'HEAD'));
  app
    .route('/metrics')
    .all(guardToken(config))
    .get(async (_req, res) => {
      res.type(metrics.contentType).send(await metrics.read());
    })
    .all(refuseMethod('GET', 'HEAD'));

  app
    .route('/mcp')
    .all(guardToken(config))
    // Parsed whatever it calls itself, as only the SDK's 415 says clearly what is expected.
    .post(express.json({ limit: config.bodyLimit, strict: false, type: () => true }))
    .all((req, res, next) => {
      if (['GET', 'POST', 'DELETE'].includes(req.method)) return sessions.handle(req, res);
      next();
    })
    .all(refuseMethod('GET', 'POST', 'DELETE'));

  app.use(() => {
    throw new Refusal(404, -32601, 'Nothing is here; the MCP endpoint is /mcp');
  });
  app.use(answerError(log));

  // They limit how long a request may take to arrive, not how long its response may last.
  const timeout = config.requestTimeoutSeconds * 1000;
  const timeouts = {
    headersTimeout: timeout,
    requestTimeout: timeout,
    keepAliveTimeout: config.keepAliveSeconds * 1000,
    connectionsCheckingInterval: 1000,
  };
  const server = createServer(timeouts, app);
  return {
    app,
    sessions,

    async listen(host = '127.0.0.1', port = 0) {
      server.listen(port, host);
      await once(server, 'listening');
      const bound = (server.address() as AddressInfo).port;
      return `http://${host.includes(':') ? `[${host}]` : host}:${bound}/mcp`;
    },

    async close(reason = 'server is shutting down') {
      const closed = server.listening ? once(server, 'close') : Promise.resolve();
      server.close();
      await sessions.close(reason, HANDLER_GRACE_MS);
      // A connection whose last exchange has just ended would be kept alive for the next one.
      const idle = setInterval(() => server.closeIdleConnections(), 10);
      await Promise.race([closed, setTimeout(CLIENT_GRACE_MS, undefined, { ref: false })]);
      clearInterval(idle);
      server.closeAllConnections();
      await closed;
      await offer.close?.();
    },
  };
}

function refuseMethod(...allowed: string[]): RequestHandler {
  const Allow = allowed.join(', ');
  return ({ method }) => {
    throw new Refusal(405, -32000, `${method} is not allowed; allowed are ${Allow}`, null, { Allow });
  };
}

/** Whatever went wrong becomes a JSON-RPC error; only what we refused ourselves says why. */
function answerError(log: Logger): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent) return next(error);
    const { status, code, message, id, headers } = error instanceof Refusal ? error : refusalOf(error);
    if (!(error instanceof Refusal) && status >= 500)
      log.error({ err: error, method: req.method }, 'request failed');
    else log[status >= 500 ? 'warn' : 'debug']({ method: req.method, status, code }, message);
    res.status(status).set(headers).json({ jsonrpc: '2.0', id, error: { code, message } });
  };
}

function refusalOf(error: { type?: string; status?: number; message?: string; limit?: number }): Refusal {
  if (error.type === 'entity.parse.failed') return new Refusal(400, -32700, `Parse error: ${error.message}`);
  if (error.type === 'entity.too.large')
    return new Refusal(413, -32000, `The body is larger than ${error.limit} bytes`);
  // What else the body parser refuses has a status of its own: an unknown or a broken encoding, an aborted request.
  if (error.status && error.status < 500) return new Refusal(error.status, -32000, String(error.message));
  return new Refusal(500, -32603, 'Internal error');
}
