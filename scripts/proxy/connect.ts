import net from 'node:net';
import tls from 'node:tls';

/** A connection to the target. */
export interface Connection {
  /** What HTTP is spoken over. */
  stream: net.Socket;
  /** What can be closed or reset: under TLS a socket of its own, as that of TLS has no reset. */
  socket: net.Socket;
}

/** Opens a connection that serves one exchange. */
export function connect({ protocol, hostname, port }: URL): Connection {
  const host = hostname.replace(/^\[|\]$/g, '');
  const secure = protocol === 'https:';
  const socket = net.connect({ host, port: Number(port) || (secure ? 443 : 80) });
  const stream = secure ? tls.connect({ socket, host, servername: net.isIP(host) ? '' : host }) : socket;
  // The exchange tells of an error as long as it lasts; one that comes later concerns nobody.
  for (const each of [socket, stream]) each.on('error', () => {});
  return { stream, socket };
}
