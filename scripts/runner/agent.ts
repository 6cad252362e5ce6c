import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

/** Milliseconds in which a server may end a session's open exchanges by itself after it has answered a DELETE. */
const GRACE_MS = 500;

/**
 * Milliseconds for which a connection is kept for the next exchange. Servers close theirs after some seconds, and
 * an exchange that begins at that very moment fails: no fault of the server, and none of the case's.
 */
const IDLE_MS = 1000;

// Node's types leave these methods out; the first is where every request of an agent begins.
interface AgentInside {
  addRequest(request: http.ClientRequest, ...rest: unknown[]): void;
  keepSocketAlive(socket: Socket): boolean;
  reuseSocket(socket: Socket, request: http.ClientRequest): void;
}

/**
 * Agents for one run that let no exchange stay open for ever. Newman waits for the end of every stream, and a
 * server that leaves a cancelled call open never ends it. So an exchange is hung up when its session has been
 * deleted and the server did not end it then, or when it has lasted `exchangeMs` milliseconds.
 */
export function createAgents(exchangeMs: number): {
  http: http.Agent;
  https: https.Agent;
  hangUpAll(): void;
} {
  const open = new Map<http.ClientRequest, string>();

  function watch(request: http.ClientRequest): void {
    const session = String(request.getHeader('mcp-session-id') ?? '');
    open.set(request, session);
    const deadline = setTimeout(() => hangUp(request), exchangeMs);
    request.once('close', () => {
      clearTimeout(deadline);
      open.delete(request);
    });
    if (request.method === 'DELETE' && session !== '')
      request.once('response', () => {
        // Only what is open now: a server may give the same id to the next session.
        const left = [...open].filter(([other, owner]) => owner === session && other !== request);
        setTimeout(() => {
          for (const [other] of left) if (open.has(other)) hangUp(other);
        }, GRACE_MS).unref();
      });
  }

  const patch = <T extends http.Agent>(agent: T): T => {
    const inside = agent as unknown as AgentInside;
    const { addRequest, keepSocketAlive, reuseSocket } = inside;
    inside.addRequest = function (request, ...rest) {
      watch(request);
      return addRequest.call(this, request, ...rest);
    };
    inside.keepSocketAlive = function (socket) {
      const kept = keepSocketAlive.call(this, socket);
      // The agent closes a connection that times out while nobody uses it.
      socket.setTimeout(IDLE_MS);
      return kept;
    };
    inside.reuseSocket = function (socket, request) {
      socket.setTimeout(0);
      reuseSocket.call(this, socket, request);
    };
    return agent;
  };

  return {
    http: patch(new http.Agent({ keepAlive: true })),
    https: patch(new https.Agent({ keepAlive: true })),
    hangUpAll() {
      for (const request of open.keys()) hangUp(request);
    },
  };
}

/** Ends an exchange from our side so that what has arrived is delivered: Newman takes a destroyed one for an error. */
function hangUp(request: http.ClientRequest): void {
  const response = (request as http.ClientRequest & { res?: http.IncomingMessage }).res;
  if (!response) {
    request.destroy();
  } else if (!response.complete) {
    // Or the connection would be given to the next request, and end under it.
    request.shouldKeepAlive = false;
    // A case has to know this end from one of the target's own making.
    if (/^text\/event-stream/i.test(response.headers['content-type'] ?? ''))
      response.push('\n: hang-up by the runner: the target left it open\n');
    response.push(null);
  }
}
