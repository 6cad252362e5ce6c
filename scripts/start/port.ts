import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

/** `{port}`; but `${port}` in a command is the shell's, and `{{port}}` in an address is Postman's. */
const PLACE = /(?<![{$])\{port\}(?!\})/g;

/** Whether a text leaves it to the runner to choose a port. */
export function wantsPort(text: string): boolean {
  return text.search(PLACE) >= 0;
}

export function fillPort(text: string, port: number): string {
  return text.replace(PLACE, String(port));
}

/** A loopback port at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
