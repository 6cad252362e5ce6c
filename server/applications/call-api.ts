import { randomUUID } from 'node:crypto';
import { Agent, fetch, type Response } from 'undici';
import { z } from 'zod';
import { key } from '../tools/key.ts';
import { defineTool, result, ToolError } from '../tools/tool.ts';
import type { Witness } from '../witness.ts';
import { SLOW } from './apis.ts';
import type { Evidence } from './evidence.ts';
import { Slots } from './slots.ts';
import { LINES_A_SECOND, REQUEST_ID, type Upstream } from './upstream.ts';

/** How much of an answer is read, in bytes; the answer of `slow` to 600 seconds is a third of it. */
const MAX_BYTES = 100_000;

/** How many requests may be open at the same time. */
const MAX_OPEN = 32;

/** How much longer `slow` may take than it was asked to, in milliseconds. */
const GRACE_MS = 5000;

/** Work that another machine does. Aborting the request is all one can do, and all it learns is that its caller has gone. */
export const callApi = (
  apis: ReadonlyMap<string, URL>,
  upstream: Upstream,
  witness: Witness,
  evidence: Evidence,
) => {
  const slots = new Slots(MAX_OPEN, 'requests to APIs');
  const names = [SLOW, ...apis.keys()].join(', ');
  return defineTool({
    name: 'call_api',
    title: 'Call an API',
    description: `Sends a GET request to an API, and reads its answer as it comes. There are: ${names}. \`slow\` is built in, and takes just as long as asked for. Can be cancelled.`,
    input: z.strictObject({
      api: z.string().max(32).describe('the name of the API'),
      seconds: z.int().min(1).max(600).default(600).describe('how long it may take'),
      key: key.optional().describe('by which `state` and `inspect` tell of this call'),
    }),
    output: z.object({ api: z.string(), status: z.int(), bytes: z.int(), body: z.string() }),
    annotations: { readOnlyHint: true, openWorldHint: true },

    async handler({ api, seconds, key }, call) {
      const builtIn = api === SLOW;
      const url = builtIn ? upstream.url : apis.get(api);
      if (!url) throw new ToolError(`There is no API ${JSON.stringify(api)}. APIs there are: ${names}.`);
      if (builtIn) url.searchParams.set('seconds', String(seconds));
      slots.take(call);
      // How many pieces the answer of another API has is not known.
      const lines = builtIn ? seconds * LINES_A_SECOND : 0;
      const seen = witness.open(key, call.record, lines);
      const id = randomUUID();
      // A client of its own, so that its connections are those of this call.
      const agent = new Agent({ connections: 1, headersTimeout: 0, bodyTimeout: 0 });
      let sockets = 0;
      const work = evidence.open(key, call, 'call_api', builtIn ? 'the upstream' : 'our own socket', () => {
        const left = sockets + (agent.destroyed ? 0 : 1);
        if (!builtIn) return { left, facts: { upstream: 'cannot be asked', upstream_open: sockets } };
        const { standing = 'never asked', lines = 0 } = upstream.tell(id) ?? {};
        const open = standing === 'open' ? 1 : 0;
        return {
          told: `${standing} after ${lines} lines`,
          left,
          facts: { upstream: standing, upstream_open: open },
        };
      });
      let connected = false;
      agent.on('connect', () => {
        connected = true;
        sockets++;
      });
      agent.on('disconnect', (_origin, _targets, error) => {
        sockets--;
        // By this code undici tells a connection that we have dropped from one that broke.
        if (!builtIn) work.end(error.code === 'UND_ERR_INFO' ? 'stopped' : 'failed', error.message);
      });
      if (builtIn)
        upstream.watch(id, (standing) =>
          work.end(standing === 'answered' ? 'finished' : 'stopped', standing),
        );
      call.defer(async () => {
        await agent.destroy();
        if (builtIn && !upstream.tell(id)) {
          upstream.unwatch(id);
          work.end('stopped', 'no such request has come');
        }
        // Whoever was connected is told of by the end of the connection.
        if (!builtIn && !connected) work.end(call.cancelled ? 'stopped' : 'failed', 'never connected');
        seen.cleaned_up = true;
      });
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(), seconds * 1000 + (builtIn ? GRACE_MS : 0));
      call.defer(() => clearTimeout(timer));

      call.log('info', `Calling ${api}`);
      try {
        const response = await fetch(url, {
          dispatcher: agent,
          redirect: 'manual',
          headers: { [REQUEST_ID]: id },
          signal: AbortSignal.any([call.signal, timeout.signal]),
        });
        const body = await read(api, response, (bytes) => {
          seen.ticks += 1;
          call.progress(seen.ticks, lines || undefined, `${bytes} bytes`);
        });
        if (!builtIn) work.end('finished', `status ${response.status}, ${body.length} bytes`);
        seen.finished += 1;
        const text = body.toString();
        return result(text, { api, status: response.status, bytes: body.length, body: text });
      } catch (error) {
        if (call.cancelled) seen.cancelled += 1;
        else if (timeout.signal.aborted) throw new ToolError(`${api} did not answer within ${seconds} s.`);
        else if (!(error instanceof ToolError))
          throw new ToolError(`${api} cannot be called: ${reason(error)}`);
        throw error;
      }
    },
  });
};

/**
 * Reads an answer.
 *
 * @param came told how many bytes have come, with each piece
 * @throws ToolError for one that is no success, or too much
 */
async function read(api: string, response: Response, came: (bytes: number) => void): Promise<Buffer> {
  const { status, ok, body } = response;
  // Where it leads to is on no list.
  if (status >= 300 && status < 400)
    throw new ToolError(`${api} answered with a redirect (${status}), which is not followed.`);
  if (!ok) throw new ToolError(`${api} answered with status ${status}.`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new ToolError(`${api} answered with more than ${MAX_BYTES} bytes.`);
    pieces.push(piece);
    came(bytes);
  }
  return Buffer.concat(pieces);
}

/** What undici says only as the cause of its `fetch failed`. */
function reason(error: unknown): string {
  const { message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  return cause ? (cause.code ?? cause.message) : message;
}
