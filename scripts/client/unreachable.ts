import { oneLine } from '../report/text.ts';
import { Failure } from '../runner/failure.ts';

/** How long a server may take to open a session, in milliseconds. */
export const OPEN_MS = 10_000;

/** Why no session could be opened, in one line that says what to do. Exit code 3. */
export function unreachable(url: string, error: unknown): Failure {
  const { code, message, cause } = error as Error & {
    code?: unknown;
    cause?: { code?: string; message?: string };
  };
  const network = cause?.code ?? (typeof code === 'string' ? code : undefined);
  if (network === 'UND_ERR_SOCKET' || network === 'ECONNRESET')
    return new Failure(3, `${url} broke the connection off before a session was open`);
  if (network && /CERT|SIGNATURE/.test(network))
    return new Failure(
      3,
      `the certificate of ${url} is not trusted (${network}): NODE_EXTRA_CA_CERTS=ca.pem in front of the command names who signed it`,
    );
  if (network !== undefined)
    return new Failure(
      3,
      `no server answers at ${url} (${network}): start one with npm start, or give --url`,
    );
  return new Failure(3, `${url} opened no session: ${oneLine(cause?.message ?? message)}`);
}

/** An HTTP status in place of a session. Exit code 3. */
export function refused(url: string, status: number): Failure {
  const advice =
    status === 401 || status === 403
      ? 'give its token with --token, or in MCP_AUTHORIZATION'
      : 'is it an MCP endpoint? That of npm start is http://127.0.0.1:8000/mcp';
  return new Failure(3, `${url} answered ${status}: ${advice}`);
}

/** No answer at all in time. Exit code 3. */
export function silent(url: string): Failure {
  return new Failure(3, `${url} did not answer initialize within ${OPEN_MS / 1000} s: is it an MCP server?`);
}
