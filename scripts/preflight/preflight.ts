import { isStream, type Reply } from '../../collections/src/lib/exchange.ts';
import { describeReply, initializeRequest, readInitialized } from '../../collections/src/lib/handshake.ts';
import { notification, request, responsesTo } from '../../collections/src/lib/jsonrpc.ts';
import { endlessSteps } from '../../collections/src/lib/running.ts';
import type { Pm } from '../../collections/src/lib/sandbox.ts';
import { freshKey, type SessionState } from '../../collections/src/lib/session.ts';
import {
  fillArguments,
  readSettings,
  type Settings,
  type ToolRole,
} from '../../collections/src/lib/settings.ts';
import { clip } from '../report/text.ts';
import { type EnvironmentJson, getValue, resolveVariables } from '../runner/environment.ts';
import { Failure, usage } from '../runner/failure.ts';
import type { Results } from '../runner/results.ts';
import { ANSWER_MS, connect, type Endpoint, Unanswered } from './endpoint.ts';
import type { Tool } from './suggest.ts';
import { checkTools, listTools, variables } from './tools.ts';

/** What was learnt about a target before any case. */
export interface Preflight {
  /** What the target calls itself. */
  server: Results['target']['server'];
  /** What it lacks, and what that means for the run: one line each. */
  notices: string[];
}

/** A name longer than this is none. */
const NAME = 100;

/** So much of an error tells what is wrong. */
const TOLD = 400;

/** How a variable says how long a call takes. */
const LENGTH = 'say with $steps and $intervalMs, $seconds or $milliseconds how long a call takes';

/** What a tool's own schema asks for. */
function bySchema(role: ToolRole, tool: Tool | undefined): string {
  return tool ? `; by its schema: ${variables(role, tool)}` : '';
}

/**
 * Asks the target, before any case, what it is, and tries the tools that the environment names: a misspelt tool
 * would otherwise look like a dozen broken rules.
 * @throws Failure (3) where the target is not reachable or is no MCP server of the 2025 revisions, (2) where the
 *   environment does not fit it; each with one line that says what to do
 */
export async function preflight(environment: EnvironmentJson, signal?: AbortSignal): Promise<Preflight> {
  const settings = settingsOf(environment);
  const endpoint = connect(settings, signal);
  const state = await initialize(endpoint, settings);
  await endpoint.post(notification('notifications/initialized'), state);
  let deleted: number | undefined;
  let slow: Reply | undefined;
  try {
    const offered = await listTools(endpoint, state);
    checkTools(settings, offered);
    slow = await tryTools(endpoint, settings, state, offered);
  } finally {
    deleted = await endpoint.end(state);
  }
  return { server: serverOf(state), notices: notices(settings, state, slow, deleted) };
}

/** What the target calls itself; it may send anything for that. */
function serverOf({ server }: SessionState): Preflight['server'] {
  const { name, version } = { ...server } as Record<string, unknown>;
  if (typeof name !== 'string') return null;
  return { name: clip(name, NAME), version: typeof version === 'string' ? clip(version, NAME) : '?' };
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

async function initialize(endpoint: Endpoint, settings: Settings): Promise<SessionState> {
  const reply = await endpoint.post(initializeRequest(settings, 0), null);
  const { status } = reply;
  if (status === 403 || (status === 401 && settings.authorization))
    throw new Failure(
      3,
      `${endpoint.url} refuses initialize: ${describeReply(reply)}; correct the variables authorization and headers`,
    );
  if (status === 401)
    throw new Failure(
      3,
      `${endpoint.url} wants authorization (HTTP ${status}): set MCP_AUTHORIZATION="Bearer …"`,
    );
  const told = reply.messages.find((message) => message.error)?.error;
  if (told && told.code <= -32020 && told.code >= -32022)
    throw new Failure(
      3,
      `${endpoint.url} speaks only revision 2026-07-28, which this version does not test yet (${told.message ?? told.code})`,
    );
  try {
    return readInitialized(reply, 0);
  } catch {
    throw new Failure(
      3,
      `${endpoint.url} does not answer initialize like an MCP server: ${describeReply(reply)}; correct --url`,
    );
  }
}

/**
 * One short call of each tool, the witness last, when it has something to tell.
 * @returns how the slow tool was answered
 */
async function tryTools(
  endpoint: Endpoint,
  settings: Settings,
  state: SessionState,
  offered: Tool[],
): Promise<Reply | undefined> {
  const key = freshKey();
  let slow: Reply | undefined;
  for (const role of ['slow', 'quick', 'state'] as const) {
    const name = settings.tools[role];
    if (!name) continue;
    const args = argumentsOf(settings, role, key);
    const what = `${role}Tool "${name}" with ${role}Arguments ${JSON.stringify(args)}`;
    const began = Date.now();
    const reply = await call(endpoint, state, role, name, args, what);
    const answer = responsesTo(`try ${role}`, reply.messages)[0];
    const refused = answer?.result?.isError ? textOf(answer.result) : answer?.error?.message;
    const tool = offered.find((one) => one.name === name);
    if (!answer?.result || answer.result.isError)
      throw usage(
        `the target does not accept ${what}: ${clip(refused ?? describeReply(reply), TOLD)}${bySchema(role, tool)}`,
      );
    if (role !== 'slow') continue;
    slow = reply;
    await checkLength(endpoint, settings, state, Date.now() - began, tool);
  }
  return slow;
}

/** A call that is to be cancelled must not end by itself: a longer one must outlast a short one. */
async function checkLength(
  endpoint: Endpoint,
  settings: Settings,
  state: SessionState,
  shortMs: number,
  tool: Tool | undefined,
): Promise<void> {
  const args = fillArguments('slowArguments', settings.arguments.slow, {
    key: freshKey(),
    steps: endlessSteps(settings),
    intervalMs: settings.intervalMs,
  });
  const body = request('try a long call', 'tools/call', { name: settings.tools.slow, arguments: args });
  const over = await endpoint.post(body, state, 2 * shortMs + 200).catch((error) => {
    if (!(error instanceof Unanswered)) throw error;
  });
  if (over)
    throw usage(
      `slowTool "${settings.tools.slow}" is over too soon to be cancelled with slowArguments ${JSON.stringify(args)}: ${LENGTH}${bySchema('slow', tool)}`,
    );
}

async function call(
  endpoint: Endpoint,
  state: SessionState,
  role: string,
  name: string,
  args: object,
  what: string,
): Promise<Reply> {
  try {
    return await endpoint.post(request(`try ${role}`, 'tools/call', { name, arguments: args }), state);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    throw usage(`${what} was not over after ${ANSWER_MS / 1000} s: ${LENGTH}`);
  }
}

function argumentsOf(settings: Settings, role: 'slow' | 'quick' | 'state', key: string): object {
  const { steps, intervalMs } = settings;
  try {
    return fillArguments(`${role}Arguments`, settings.arguments[role], { key, steps, intervalMs });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function notices(
  settings: Settings,
  state: SessionState,
  slow: Reply | undefined,
  deleted: number | undefined,
): string[] {
  const { protocolVersion, tools } = settings;
  const told = [
    state.revision !== protocolVersion &&
      `asked for ${protocolVersion}, it speaks ${clip(state.revision, NAME)}: that revision's rules are applied`,
    !state.id &&
      'it is stateless (no Mcp-Session-Id): a posted cancel carries nothing but the bare id, and mostly cannot reach its call',
    slow &&
      !isStream(slow) &&
      'it answers calls with JSON, not with a stream: what only a stream shows is not observed',
    deleted !== undefined &&
      deleted >= 400 &&
      `it does not let a client end a session (HTTP ${deleted} to DELETE): a call that it leaves open has to be waited for, and hangs Postman`,
    !tools.state &&
      'no witness (stateTool is empty): nothing shows whether a handler really stops; collections/README.md has one to paste',
  ];
  return told.filter((one) => typeof one === 'string');
}

function textOf(result: Record<string, unknown>): string {
  const parts = Array.isArray(result.content) ? result.content : [];
  const texts = parts.map((part) => part?.text).filter((text) => typeof text === 'string');
  return texts.join(' ') || JSON.stringify(result);
}
