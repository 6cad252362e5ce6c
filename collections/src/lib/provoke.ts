import { type RequestId, responsesTo } from './jsonrpc.ts';
import { beside, type End } from './running.ts';
import type { Script, Session } from './session.ts';
import { type Taken, take } from './watch.ts';

/** How one input was taken, and what became of the call that ran beside it. */
export interface Provoked {
  taken: Taken;
  /** The JSON-RPC error code that came back with the id of the input, where it has one. */
  code: number | null;
  end: End;
}

/** What a set of inputs led to. Plain data, so that the test script can judge it. */
export interface Provocation {
  inputs: Record<string, Provoked>;
  /** Whether the session answered a `ping` afterwards. */
  alive: boolean;
}

/**
 * Sends odd messages, each while a call of its own runs that it may name, and sees whether the calls notice.
 * @param bodies by the key of the check; each is given the id of its call. Text is sent as it is.
 * @param headers replace those of the session; null leaves one out
 */
export async function provoke(
  script: Script,
  session: Session,
  open: () => Promise<Session>,
  bodies: Record<string, (id: RequestId) => unknown>,
  headers: Record<string, Record<string, string | null>> = {},
): Promise<Provocation> {
  const keys = Object.keys(bodies);
  const { seen, ends } = await beside(
    script,
    session,
    keys.map(() => ({})),
    open,
    async (calls, own) => {
      const inputs = keys.map((key, i) => (bodies[key] as (id: RequestId) => unknown)(calls[i]?.id || ''));
      const sent = keys.map((key, i) =>
        own.post(keys.length > 1 ? `input ${i + 1}` : 'input', inputs[i], headers[key]),
      );
      const taken = await Promise.all(sent.map((exchange) => take(script, exchange)));
      const codes = sent.map(({ reply }, i) => {
        const id = (inputs[i] as { id?: RequestId }).id;
        const answer = reply && id !== undefined ? responsesTo(id, reply.messages)[0] : undefined;
        return answer?.error ? answer.error.code : null;
      });
      return { taken, codes, own };
    },
  );
  const inputs: Provocation['inputs'] = {};
  keys.forEach((key, i) => {
    inputs[key] = {
      taken: seen.taken[i] as Taken,
      code: seen.codes[i] as number | null,
      end: ends[i] as End,
    };
  });
  return { inputs, alive: await seen.own.survived() };
}
