import undici from 'undici';
import { type Reply, readReply } from '../../collections/src/lib/exchange.ts';
import { commonHeaders, sessionHeaders } from '../../collections/src/lib/handshake.ts';
import type { SessionState } from '../../collections/src/lib/session.ts';
import type { Settings } from '../../collections/src/lib/settings.ts';
import { Failure } from '../runner/failure.ts';

/** How long a single answer may take, in milliseconds; a short call of the slow tool must be over by then as well. */
export const ANSWER_MS = 10_000;

/** A target that gave no complete answer in time. */
export class Unanswered extends Failure {}

/** The target's MCP endpoint, spoken to without Newman. */
export type Endpoint = ReturnType<typeof connect>;

/** @param signal ends what is being waited for */
export function connect(settings: Settings, signal?: AbortSignal) {
  const url = settings.mcpUrl;
  function http(method: 'POST' | 'DELETE', state: SessionState | null, body?: object, ms = ANSWER_MS) {
    const headers = [...commonHeaders(settings), ...(state ? sessionHeaders(state) : [])];
    return undici.request(url, {
      method,
      headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.any([AbortSignal.timeout(ms), ...(signal ? [signal] : [])]),
    });
  }
  return {
    url,
    /** @throws Failure (3) where no complete answer comes */
    async post(body: object, state: SessionState | null): Promise<Reply> {
      try {
        const answer = await http('POST', state, body);
        const text = await answer.body.text();
        const get = (name: string) => [answer.headers[name] ?? ''].flat()[0];
        return readReply({ code: answer.statusCode, headers: { get }, text: () => text }, null);
      } catch (error) {
        if (signal?.aborted) throw new Failure(3, 'the run was interrupted before it began');
        const { name, code, message } = error as NodeJS.ErrnoException;
        const method = (body as { method: string }).method;
        if (name === 'TimeoutError')
          throw new Unanswered(3, `${url} gave no complete answer to ${method} within ${ANSWER_MS / 1000} s`);
        throw new Failure(
          3,
          `${url} is not reachable (${code ?? message}): start the server, or correct --url`,
        );
      }
    },
    /** Whether a request is still without a complete answer after so many milliseconds; then it is dropped. */
    async lasts(body: object, state: SessionState, ms: number): Promise<boolean> {
      return http('POST', state, body, ms)
        .then((answer) => answer.body.text())
        .then(
          () => false,
          (error: Error) => error.name === 'TimeoutError',
        );
    },
    /**
     * Ends a session.
     * @returns the HTTP status of the DELETE; undefined where there was no session to end, or no answer
     */
    async end(state: SessionState): Promise<number | undefined> {
      if (!state.id) return undefined;
      return http('DELETE', state).then(
        async (answer) => {
          await answer.body.dump();
          return answer.statusCode;
        },
        () => undefined,
      );
    },
  };
}
