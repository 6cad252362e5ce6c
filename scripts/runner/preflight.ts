import undici from 'undici';
import { type Reply, readReply } from '../../collections/src/lib/exchange.ts';
import { type Message, notification, request, responsesTo } from '../../collections/src/lib/jsonrpc.ts';
import { describeReply, freshKey } from '../../collections/src/lib/session.ts';
import { fillArguments } from '../../collections/src/lib/settings.ts';
import { type EnvironmentJson, getValue } from './environment.ts';
import { Failure, usage } from './failure.ts';
import type { Results } from './results.ts';

const ANSWER_MS = 10_000;
/** The variables that name a tool of the target. */
const TOOL_VARIABLES = ['slowTool', 'stateTool', 'quickTool', 'fileTool'];

/**
 * Asks the target, before any case, what it is and whether it has the tools that the environment names: a
 * misspelt tool would otherwise look like a dozen broken rules.
 * @returns what the target calls itself
 * @throws Failure (3) where the target is not reachable or is no MCP server of the 2025 revisions, (2) where the
 *   environment does not fit it; each with one line that says what to do
 */
export async function preflight(environment: EnvironmentJson): Promise<Results['target']['server']> {
  const url = getValue(environment, 'mcpUrl');
  if (!/^https?:\/\//.test(url)) throw usage('no target: give --url, or set mcpUrl in the environment');
  const headers = requestHeaders(environment);
  const send = (body: object, more: Record<string, string> = {}) => post(url, { ...headers, ...more }, body);

  const opened = await send(
    request(0, 'initialize', {
      protocolVersion: getValue(environment, 'protocolVersion'),
      capabilities: {},
      clientInfo: { name: 'mcp-cancellation-suite', version: '1' },
    }),
  );
  const { protocolVersion, serverInfo } = answerOf(opened, url) as {
    protocolVersion: string;
    serverInfo?: { name: string; version: string };
  };
  const session = {
    'mcp-protocol-version': protocolVersion,
    ...(opened.sessionId ? { 'mcp-session-id': opened.sessionId } : {}),
  };
  await send(notification('notifications/initialized'), session);
  const tools = await listTools(send, session);
  checkTools(environment, tools);
  await tryTools(environment, (body) => send(body, session));
  if (opened.sessionId)
    await http(url, 'DELETE', { ...headers, ...session })
      .then((answer) => answer.body.dump())
      .catch(() => {});
  return serverInfo ?? null;
}

function requestHeaders(environment: EnvironmentJson): Record<string, string> {
  const authorization = getValue(environment, 'authorization');
  let more: unknown;
  try {
    more = JSON.parse(getValue(environment, 'headers') || '{}');
  } catch {
    more = null;
  }
  if (more === null || typeof more !== 'object' || Array.isArray(more))
    throw usage('the variable headers must be a JSON object such as {"X-Api-Key": "…"}');
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(authorization ? { authorization } : {}),
    ...(more as Record<string, string>),
  };
}

function http(url: string, method: 'POST' | 'DELETE', headers: Record<string, string>, body?: string) {
  return undici.request(url, { method, headers, body: body ?? null, signal: AbortSignal.timeout(ANSWER_MS) });
}

async function post(url: string, headers: Record<string, string>, body: object): Promise<Reply> {
  try {
    const answer = await http(url, 'POST', headers, JSON.stringify(body));
    const text = await answer.body.text();
    const get = (name: string) => [answer.headers[name] ?? ''].flat()[0];
    return readReply({ code: answer.statusCode, headers: { get }, text: () => text }, null);
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    const why =
      cause.name === 'TimeoutError'
        ? `no complete answer within ${ANSWER_MS / 1000} s`
        : (cause.code ?? cause.message);
    throw new Failure(3, `${url} is not reachable (${why}): start the server, or correct --url`);
  }
}

function answerOf(reply: Reply, url: string): Record<string, unknown> {
  const answer: Message | undefined = reply.messages.find((message) => message.id === 0);
  if (answer?.result && typeof answer.result.protocolVersion === 'string') return answer.result;
  if (reply.status === 401 || reply.status === 403)
    throw new Failure(
      3,
      `${url} wants authorization (HTTP ${reply.status}): give --env-var "authorization=Bearer …"`,
    );
  const told = answer?.error ?? reply.messages[0]?.error;
  if (told && told.code <= -32020 && told.code >= -32022)
    throw new Failure(
      3,
      `${url} speaks only revision 2026-07-28, which this version does not test yet (${told.message})`,
    );
  throw new Failure(
    3,
    `${url} does not answer initialize like an MCP server (HTTP ${reply.status}${told ? `, error ${told.code} ${told.message}` : ''}): correct --url`,
  );
}

async function listTools(
  send: (body: object, headers: Record<string, string>) => Promise<Reply>,
  session: Record<string, string>,
): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  // A list in more pages than this is a server that repeats itself.
  for (let page = 1; page <= 100; page++) {
    const reply = await send(request(page, 'tools/list', cursor === undefined ? {} : { cursor }), session);
    const result = reply.messages.find((message) => message.id === page)?.result as
      | { tools?: Array<{ name: string }>; nextCursor?: string }
      | undefined;
    names.push(...(result?.tools ?? []).map((tool) => tool.name));
    cursor = result?.nextCursor;
    if (cursor === undefined) break;
  }
  return names;
}

function checkTools(environment: EnvironmentJson, tools: string[]): void {
  const offered = tools.join(', ') || 'none';
  if (!getValue(environment, 'slowTool'))
    throw usage(
      `no slow tool is named: set one that takes long, with --env-var slowTool=… (and slowArguments); the target's tools: ${offered}`,
    );
  for (const variable of TOOL_VARIABLES) {
    const name = getValue(environment, variable);
    if (name && !tools.includes(name))
      throw usage(
        `the variable ${variable} is "${name}", which the target does not list; its tools: ${offered}`,
      );
  }
}

/** One short call of each tool: arguments that the target refuses would look like rules that it breaks. */
async function tryTools(environment: EnvironmentJson, send: (body: object) => Promise<Reply>): Promise<void> {
  const key = freshKey();
  for (const tool of ['slow', 'quick', 'state']) {
    const name = getValue(environment, `${tool}Tool`);
    if (!name) continue;
    const args = argumentsOf(environment, `${tool}Arguments`, key);
    const id = `try ${tool}`;
    const reply = await send(request(id, 'tools/call', { name, arguments: args }));
    const answer = responsesTo(id, reply.messages)[0];
    const told = answer?.error?.message ?? (answer?.result?.isError ? textOf(answer.result) : undefined);
    if (told !== undefined || !answer)
      throw usage(
        `the target does not accept ${tool}Tool "${name}" with ${tool}Arguments ${JSON.stringify(args)}: ${told ?? describeReply(reply)}`,
      );
  }
}

function argumentsOf(environment: EnvironmentJson, variable: string, key: string): object {
  const number = (name: string) => Number(getValue(environment, name)) || 1;
  try {
    return fillArguments(variable, getValue(environment, variable) || '{}', {
      key,
      steps: number('steps'),
      intervalMs: number('intervalMs'),
    });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function textOf(result: Record<string, unknown>): string {
  const parts = Array.isArray(result.content) ? result.content : [];
  return parts.map((part) => part?.text ?? '').join(' ') || JSON.stringify(result);
}
