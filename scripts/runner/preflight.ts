import undici from 'undici';
import { type Reply, readReply } from '../../collections/src/lib/exchange.ts';
import {
  commonHeaders,
  describeReply,
  initializeRequest,
  readInitialized,
  sessionHeaders,
} from '../../collections/src/lib/handshake.ts';
import { notification, type RequestId, request, responsesTo } from '../../collections/src/lib/jsonrpc.ts';
import { endlessSteps } from '../../collections/src/lib/running.ts';
import type { Pm } from '../../collections/src/lib/sandbox.ts';
import { freshKey, type SessionState } from '../../collections/src/lib/session.ts';
import { fillArguments, readSettings, type Settings } from '../../collections/src/lib/settings.ts';
import { type EnvironmentJson, getValue, resolveVariables } from './environment.ts';
import { Failure, usage } from './failure.ts';
import type { Results } from './results.ts';

/** How long a single answer may take, in milliseconds; a short call of the slow tool must be over by then as well. */
const ANSWER_MS = 10_000;

/**
 * Asks the target, before any case, what it is, and tries the tools that the environment names: a misspelt tool
 * would otherwise look like a dozen broken rules.
 * @returns what the target calls itself
 * @throws Failure (3) where the target is not reachable or is no MCP server of the 2025 revisions, (2) where the
 *   environment does not fit it; each with one line that says what to do
 */
export async function preflight(
  environment: EnvironmentJson,
  signal?: AbortSignal,
): Promise<Results['target']['server']> {
  const settings = settingsOf(environment);
  const target = connect(settings, signal);
  const state = await initialize(target, settings);
  await target.post(notification('notifications/initialized'), state);
  try {
    checkTools(settings, await listTools(target, state));
    await tryTools(target, settings, state);
  } finally {
    await target.end(state);
  }
  return state.server;
}

function settingsOf(environment: EnvironmentJson): Settings {
  if (!getValue(environment, 'mcpUrl'))
    throw usage('no target: give --url, or set mcpUrl in the environment');
  const variables = {
    get: (name: string) => getValue(environment, name),
    replaceIn: (text: string) => resolveVariables(environment, text),
  };
  try {
    return readSettings({ variables } as unknown as Pm);
  } catch (error) {
    throw usage((error as Error).message);
  }
}

type Target = ReturnType<typeof connect>;

function connect(settings: Settings, signal?: AbortSignal) {
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
          throw new Failure(3, `${url} gave no complete answer to ${method} within ${ANSWER_MS / 1000} s`);
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
    async end(state: SessionState): Promise<void> {
      if (!state.id) return;
      await http('DELETE', state).then(
        (answer) => answer.body.dump(),
        () => {},
      );
    },
  };
}

async function initialize(target: Target, settings: Settings): Promise<SessionState> {
  const reply = await target.post(initializeRequest(settings, 0), null);
  const { status } = reply;
  if (status === 403 || (status === 401 && settings.authorization))
    throw new Failure(
      3,
      `${target.url} refuses initialize: ${describeReply(reply)}; correct the variables authorization and headers`,
    );
  if (status === 401)
    throw new Failure(
      3,
      `${target.url} wants authorization (HTTP ${status}): give --env-var "authorization=Bearer …"`,
    );
  const told = reply.messages.find((message) => message.error)?.error;
  if (told && told.code <= -32020 && told.code >= -32022)
    throw new Failure(
      3,
      `${target.url} speaks only revision 2026-07-28, which this version does not test yet (${told.message})`,
    );
  try {
    return readInitialized(reply, 0);
  } catch {
    throw new Failure(
      3,
      `${target.url} does not answer initialize like an MCP server: ${describeReply(reply)}; correct --url`,
    );
  }
}

async function listTools(target: Target, state: SessionState): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  // A list in more pages than this is a server that repeats itself.
  for (let page = 1; page <= 100; page++) {
    const reply = await target.post(request(page, 'tools/list', cursor ? { cursor } : {}), state);
    const result = responsesTo(page, reply.messages)[0]?.result as
      | { tools?: Array<{ name?: string } | null>; nextCursor?: string }
      | undefined;
    if (!Array.isArray(result?.tools))
      throw new Failure(3, `${target.url} does not list its tools: ${describeReply(reply)}`);
    names.push(...result.tools.flatMap((tool) => tool?.name ?? []));
    cursor = result.nextCursor;
    if (!cursor) break;
  }
  return names;
}

function checkTools({ tools }: Settings, offered: string[]): void {
  const list = offered.join(', ') || 'none';
  if (!tools.slow)
    throw usage(
      `no slow tool is named: set one that takes long, with --env-var slowTool=… (and slowArguments); the target's tools: ${list}`,
    );
  for (const [tool, name] of Object.entries(tools))
    if (name && !offered.includes(name))
      throw usage(
        `the variable ${tool}Tool is "${name}", which the target does not list; its tools: ${list}`,
      );
}

/** A call that is to be cancelled must not end by itself: a longer one must outlast a short one. */
async function checkLength(
  target: Target,
  settings: Settings,
  state: SessionState,
  shortMs: number,
): Promise<void> {
  const args = fillArguments('slowArguments', settings.arguments.slow, {
    key: freshKey(),
    steps: endlessSteps(settings),
    intervalMs: settings.intervalMs,
  });
  const body = request('try a long call', 'tools/call', { name: settings.tools.slow, arguments: args });
  if (!(await target.lasts(body, state, 2 * shortMs + 200)))
    throw usage(
      `slowTool "${settings.tools.slow}" is over too soon to be cancelled with slowArguments ${JSON.stringify(args)}: say with $steps and $intervalMs, or $seconds, how long a call takes`,
    );
}

/** One short call of each tool, the witness last, when it has something to tell. */
async function tryTools(target: Target, settings: Settings, state: SessionState): Promise<void> {
  const key = freshKey();
  for (const tool of ['slow', 'quick', 'state'] as const) {
    const name = settings.tools[tool];
    if (!name) continue;
    const args = argumentsOf(settings, tool, key);
    const what = `${tool}Tool "${name}" with ${tool}Arguments ${JSON.stringify(args)}`;
    const began = Date.now();
    const reply = await call(target, state, tool, name, args, what);
    const answer = responsesTo(`try ${tool}`, reply.messages)[0];
    const told = answer?.error?.message ?? (answer?.result?.isError ? textOf(answer.result) : undefined);
    if (told !== undefined || !answer)
      throw usage(`the target does not accept ${what}: ${told ?? describeReply(reply)}`);
    if (tool === 'slow') await checkLength(target, settings, state, Date.now() - began);
  }
}

async function call(
  target: Target,
  state: SessionState,
  tool: string,
  name: string,
  args: object,
  what: string,
) {
  const id: RequestId = `try ${tool}`;
  try {
    return await target.post(request(id, 'tools/call', { name, arguments: args }), state);
  } catch (error) {
    if (!(error instanceof Failure) || !error.message.includes('gave no complete answer')) throw error;
    throw usage(
      `${what} was not over after ${ANSWER_MS / 1000} s: say with $steps and $intervalMs, or $seconds, how long a call takes`,
    );
  }
}

function argumentsOf(settings: Settings, tool: 'slow' | 'quick' | 'state', key: string): object {
  const { steps, intervalMs } = settings;
  try {
    return fillArguments(`${tool}Arguments`, settings.arguments[tool], { key, steps, intervalMs });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function textOf(result: Record<string, unknown>): string {
  const parts = Array.isArray(result.content) ? result.content : [];
  return parts.map((part) => part?.text ?? '').join(' ') || JSON.stringify(result);
}
