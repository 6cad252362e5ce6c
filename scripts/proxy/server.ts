import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Failure, usage } from '../runner/failure.ts';
import { checkUrl } from '../runner/options.ts';
import { answer, shown } from './client-response.ts';
import { BadHeader, readHangUp } from './hang-up.ts';
import { relay } from './relay.ts';

/** The hosts, with or without a port, by which this machine alone is meant. */
const OURS = /^(127\.0\.0\.1|localhost)(:\d+)?$/i;

/** A proxy that listens. */
export interface HangUpProxy {
  /** What stands for the target's address: on this machine, with the target's path. */
  url: string;
  /** Drops every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts a reverse proxy, on this machine and for this machine only, that closes the connection to its target
 * when a request's headers say so: `X-Hang-Up-After-Ms`, `X-Hang-Up-After-Events`, `X-Hang-Up-How`.
 * @param target the one address that it forwards to; its query, if it has one, goes with every request
 * @param port 0 takes a free one
 * @throws Failure (2) where the target is no address or the proxy itself, (3) where the port cannot be had
 */
export async function startHangUpProxy(target: string, port = 0): Promise<HangUpProxy> {
  const url = new URL(checkUrl(target));
  if (port !== 0 && Number(url.port) === port && OURS.test(url.host))
    throw usage(`the proxy cannot be its own target, ${shown(url)}: choose another port`);
  const connections = new Set<Socket>();
  const server = http.createServer((request, response) => {
    const hangUp = admit(request, response, url);
    if (hangUp === 'refused') return;
    const connection = relay(request, response, url, hangUp);
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  // A client's connection that ends just when it is used again would look like a target that went away.
  server.keepAliveTimeout = 0;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE')
      throw new Failure(3, `port ${port} is taken: choose another with --port, or 0 for any free one`);
    throw new Failure(3, `the hang-up proxy cannot listen at port ${port} (${error.code ?? error.message})`);
  });
  let closed: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${url.pathname}`,
    close: () => {
      closed ??= closeAll(server, connections);
      return closed;
    },
  };
}

async function closeAll(server: http.Server, connections: Set<Socket>): Promise<void> {
  const closed = [server, ...connections].map((each) => once(each, 'close'));
  server.close();
  server.closeAllConnections();
  for (const connection of connections) connection.destroy();
  await Promise.all(closed);
}

/** Answers a request that is not for the target, or tells what it asks the proxy to do. */
function admit(request: IncomingMessage, response: ServerResponse, target: URL) {
  // A web page can make a name of its own point to this machine, but it cannot send another name than that one.
  if (!OURS.test(request.headers.host ?? '')) {
    answer(response, 403, 'the Host header must be 127.0.0.1 or localhost');
    return 'refused';
  }
  if (request.url !== target.pathname && request.url !== target.pathname + target.search) {
    answer(response, 404, `there is only ${target.pathname}, which stands for ${shown(target)}`);
    return 'refused';
  }
  try {
    return readHangUp(request.headers);
  } catch (error) {
    if (!(error instanceof BadHeader)) throw error;
    answer(response, 400, error.message);
    return 'refused';
  }
}
