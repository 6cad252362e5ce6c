import undici from 'undici';
import { type Reply, readReply } from '../../collections/src/lib/exchange.ts';
import { commonHeaders, sessionHeaders } from '../../collections/src/lib/handshake.ts';
import type { SessionState } from '../../collections/src/lib/session.ts';
import type { Settings } from '../../collections/src/lib/settings.ts';
import { Failure, usage } from '../runner/failure.ts';

/** How long a single answer may take, in milliseconds; a short call of the slow tool must be over by then as well. */
export const ANSWER_MS = 10_000;

/** A target that gave no complete answer in time. */
export class Unanswered extends Failure {}

/** The target's MCP endpoint, spoken to without Newman. */
export type Endpoint = ReturnType<typeof connect>;

/** @param signal ends what is being waited for */
export function connect(settings: Settings, signal?: AbortSignal) {
  const url = settings.mcpUrl;

  /** Not with `AbortSignal.timeout`, which Node 20 can lose when it is combined with another signal. */
  async function http(method: 'POST' | 'DELETE', state: SessionState | null, ms: number, body?: object) {
    const end = new AbortController();
    const tooLong = new DOMException(`no complete answer within ${ms} ms`, 'TimeoutError');
    const timer = setTimeout(() => end.abort(tooLong), ms);
    const stop = () => end.abort(signal?.reason);
    signal?.addEventListener('abort', stop);
    const headers = [...commonHeaders(settings), ...(state ? sessionHeaders(state) : [])];
    try {
      signal?.throwIfAborted();
      const answer = await undici.request(url, {
        method,
        headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
        body: body ? JSON.stringify(body) : null,
        signal: end.signal,
      });
      return { code: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  return {
    url,
    /**
     * @param ms how long a complete answer may take, in milliseconds
     * @throws Unanswered where it takes longer; Failure (3) where none comes
     */
    async post(body: object, state: SessionState | null, ms = ANSWER_MS): Promise<Reply> {
      try {
        const { code, headers, text } = await http('POST', state, ms, body);
        const get = (name: string) => [headers[name] ?? ''].flat()[0];
        return readReply({ code, headers: { get }, text: () => text }, null);
      } catch (error) {
        if (signal?.aborted) throw new Failure(3, 'the run was interrupted before it began');
        const { name, code, message } = error as NodeJS.ErrnoException;
        const method = (body as { method: string }).method;
        if (name === 'TimeoutError')
          throw new Unanswered(3, `${url} gave no complete answer to ${method} within ${ms / 1000} s`);
        // It tells the name of the header, and not what it holds.
        if (code === 'UND_ERR_INVALID_ARG')
          throw usage(
            `${url} cannot be asked (${message}): correct the variables authorization and headers, which go to it as they are`,
          );
        throw new Failure(
          3,
          `${url} is not reachable (${code ?? message}): ${
            /CERT|SIGNATURE/.test(code ?? '')
              ? 'its certificate is not trusted; NODE_EXTRA_CA_CERTS=ca.pem in front of the command names who signed it'
              : 'start the server, or correct --url'
          }`,
        );
      }
    },
    /**
     * Ends a session.
     * @returns the HTTP status of the DELETE; undefined where there was no session to end, or no answer
     */
    async end(state: SessionState): Promise<number | undefined> {
      if (!state.id) return undefined;
      return http('DELETE', state, ANSWER_MS).then(
        ({ code }) => code,
        () => undefined,
      );
    },
  };
}
