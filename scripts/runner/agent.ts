import http from 'node:http';
import https from 'node:https';

/** Milliseconds in which a server may end a session's open exchanges by itself after it has answered a DELETE. */
const GRACE_MS = 500;

// Node's types leave this method out; it is where every request of an agent begins.
interface AddRequest {
  addRequest(request: http.ClientRequest, ...rest: unknown[]): void;
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
    const { addRequest } = agent as unknown as AddRequest;
    (agent as unknown as AddRequest).addRequest = function (this: T, request, ...rest) {
      watch(request);
      return addRequest.call(this, request, ...rest);
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
    response.push(null);
  }
}
