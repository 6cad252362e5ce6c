/** MCP for one session: what is offered, calling it, and cancelling a call. Public API of the SDK only. */

import { readFileSync } from 'node:fs';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  ErrorCode,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  type LoggingLevel,
  LoggingLevelSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Calls, type Outlet, REQUEST_CANCELLED } from './calls.ts';
import type { Config } from './config.ts';
import { MUTED } from './mute.ts';
import type { Offer } from './tools/index.ts';
import { type Callable, type Caller, type CallId, type ToolCall, ToolError } from './tools/tool.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const RESOURCE_NOT_FOUND = -32002;

/** How long a client may take to answer a request, in milliseconds. */
const ANSWER_MS = 3_600_000;

const Id = z.union([z.string(), z.int()]);
const CancelParams = z.object({ requestId: Id, reason: z.string().optional() });
const DollarCancelParams = z.object({ id: Id }).transform(({ id }) => ({ requestId: id, reason: undefined }));
const SetLevelParams = z.object({ level: LoggingLevelSchema });
const ReadParams = z.object({ uri: z.string() });
const NamedParams = z.object({
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()).default({}),
});

const PINO_LEVELS: Record<LoggingLevel, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
  alert: 'fatal',
  emergency: 'fatal',
};

/** What one session's protocol works with. */
export interface Surroundings {
  offer: Offer;
  calls: Calls;
  cancelReply: Config['cancelReply'];
  responseMode: Config['responseMode'];
  /** Carries the session already. */
  log: Logger;
  /** Whether a call with this id is in flight in some other session. Only asked to make the log clearer. */
  elsewhere(id: CallId): boolean;
}

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** An error that the SDK sends with its code and its message as they are (its own `McpError` puts a prefix to the message). */
class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Makes the SDK server of one session; it is not connected yet. */
export function createProtocol(around: Surroundings): Server {
  const { offer, calls, log } = around;
  const server = new Server(
    { name: 'mcp-cancellation-reference-server', title: 'MCP cancellation reference server', version },
    {
      capabilities: {
        tools: {},
        prompts: {},
        resources: {},
        logging: {},
        experimental: { '$/cancelRequest': {} },
      },
    },
  );
  let lowest: LoggingLevel = 'debug';

  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listings(offer.tools) }));
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: listings(offer.prompts) }));
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [] }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: listings(offer.resources),
  }));

  // The SDK's own handler keeps the level where only its sendLoggingMessage finds it, which writes to the
  // session's GET stream; our log lines belong to a call, and go out on that call's stream.
  server.setRequestHandler(any('logging/setLevel'), ({ params }) => {
    lowest = parse(SetLevelParams, params, 'logging/setLevel').level;
    return {};
  });

  const run = <Result extends object>(
    kind: string,
    what: Callable<unknown, Result>,
    given: unknown,
    extra: Extra,
  ) => {
    const args = parse(what.input, given, `${kind} ${what.name}`);
    const outlet = createOutlet(extra, log, (level) => severity(level) >= severity(lowest));
    const caller = createCaller(server, extra, around);
    return calls.start(extra.requestId, what.name, outlet, (call) => perform(what, args, call, caller, log));
  };
  server.setRequestHandler(any('tools/call'), ({ params }, extra) => {
    const { name, arguments: given } = parse(NamedParams, params, 'tools/call');
    return run('tool', find(offer.tools, name, 'tool'), given, extra);
  });
  server.setRequestHandler(any('prompts/get'), ({ params }, extra) => {
    const { name, arguments: given } = parse(NamedParams, params, 'prompts/get');
    return run('prompt', find(offer.prompts, name, 'prompt'), given, extra);
  });
  server.setRequestHandler(any('resources/read'), ({ params }, extra) => {
    const { uri } = parse(ReadParams, params, 'resources/read');
    const resource = offer.resources.find((each) => each.args(uri));
    if (resource) return run('resource', resource, resource.args(uri), extra);
    throw new RpcError(RESOURCE_NOT_FOUND, unknown('resource', uri, offer.resources));
  });

  // Replaces the SDK's handler, which ignores the ids 0 and "", and after which a cancelled call is never
  // answered and its stream never ended. This one makes the call fail with -32800, which the SDK answers and
  // forgets like any other failure. Whatever cannot be cancelled is ignored, as a cancel may always come too late:
  // https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#error-handling
  const onCancel = (method: string, Params: z.ZodType<z.output<typeof CancelParams>>) => {
    server.setNotificationHandler(any(method), ({ params }) => {
      // When the answer is out: writing a line takes longer than all the rest of a cancel.
      const report = (line: object) => void setImmediate(() => log.info(line, 'cancel'));
      const cancel = Params.safeParse(params);
      if (!cancel.success)
        return report({ result: 'ignored', why: 'malformed', detail: explain(cancel.error) });
      const { requestId: id, reason = null } = cancel.data;
      const muted = around.cancelReply === 'none' ? new RpcError(REQUEST_CANCELLED, MUTED) : undefined;
      const became = calls.cancel(id, reason, muted);
      if (became === 'cancelled') return report({ id, result: 'cancelled', reason });
      const hint = became === 'unknown' ? hintAt(id, around) : undefined;
      report({ id, result: 'ignored', why: became, hint, reason });
    });
  };
  onCancel('notifications/cancelled', CancelParams);
  onCancel('$/cancelRequest', DollarCancelParams);
  return server;
}

/**
 * Makes a cancel that the SDK would refuse with 400, as its params are no object, one that reaches the handler
 * above; there it is ignored as malformed, like all the others.
 */
export function admitCancel(message: unknown): unknown {
  if (!isObject(message) || isObject(message.params)) return message;
  const isCancel = message.method === 'notifications/cancelled' || message.method === '$/cancelRequest';
  return isCancel ? { ...message, params: {} } : message;
}

/** Does the work. What the caller should read becomes a result; any other error is logged, and not shown to the caller. */
async function perform<Result extends object>(
  what: Callable<unknown, Result>,
  args: Record<string, unknown>,
  call: ToolCall,
  caller: Caller,
  log: Logger,
): Promise<Result & { isError?: boolean }> {
  try {
    return await what.handler(args, call, caller);
  } catch (error) {
    if (error instanceof ToolError)
      return { isError: true, content: [{ type: 'text', text: error.message }] } as object as Result;
    // After a cancel any error is what it was stopped with, or follows from that.
    const line = { id: call.id, tool: what.name, err: error };
    if (call.cancelled) log.debug(line, 'the handler of a cancelled call ended');
    else log.error(line, 'tool failed unexpectedly');
    throw new RpcError(
      ErrorCode.InternalError,
      `${what.name} failed unexpectedly; the server's log says more`,
    );
  }
}

/** Where one call's messages go: to the stream of its own request, and to the server's log. */
function createOutlet(extra: Extra, log: Logger, wanted: (level: LoggingLevel) => boolean): Outlet {
  const { requestId: id } = extra;
  const progressToken = extra._meta?.progressToken;
  const send = (notification: ServerNotification) => {
    extra
      .sendNotification(notification)
      .catch((err: unknown) => log.debug({ id, err }, 'notification not sent'));
  };
  return {
    progress(progress, total, message) {
      if (progressToken === undefined) return;
      send({ method: 'notifications/progress', params: { progressToken, progress, total, message } });
    },
    log(level, data) {
      if (wanted(level)) send({ method: 'notifications/message', params: { level, data } });
    },
    serverLog(level, text, err) {
      log[PINO_LEVELS[level]]({ id, ...(err !== undefined && { err }) }, text);
    },
  };
}

function createCaller(server: Server, extra: Extra, { calls, responseMode }: Surroundings): Caller {
  return {
    capabilities: server.getClientCapabilities() ?? {},
    calls: () => calls.records,
    request:
      responseMode === 'sse'
        ? (request, result, signal) => extra.sendRequest(request, result, { signal, timeout: ANSWER_MS })
        : undefined,
    disconnect: extra.closeSSEStream,
  };
}

/** Why an id may be unknown, for whoever reads the log. It may also have come before its call. */
function hintAt(id: CallId, { calls, elsewhere }: Surroundings): string | undefined {
  const other = typeof id === 'number' ? String(id) : id.trim() === '' ? undefined : Number(id);
  if (calls.has(other)) return `in flight as a ${typeof other}`;
  return elsewhere(id) ? 'in flight in another session' : undefined;
}

function find<What extends { name: string }>(offered: readonly What[], name: string, kind: string): What {
  const found = offered.find((each) => each.name === name);
  if (found) return found;
  throw new RpcError(ErrorCode.InvalidParams, unknown(kind, name, offered));
}

function unknown(kind: string, name: string, offered: readonly { name: string }[]): string {
  const known = offered.map((each) => each.name).join(', ');
  return `Unknown ${kind} ${JSON.stringify(name)}; there are: ${known}`;
}

function listings<Listing>(offered: readonly { listing: Listing }[]): Listing[] {
  return offered.map(({ listing }) => listing);
}

/** Only the method is fixed: whatever else is wrong must reach our own code, to be logged or answered there. */
function any<Method extends string>(method: Method) {
  return z.object({ method: z.literal(method), params: z.unknown().optional() });
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RpcError(ErrorCode.InvalidParams, `Invalid arguments of ${where}: ${explain(parsed.error)}`);
}

function explain(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}

function severity(level: LoggingLevel): number {
  return LoggingLevelSchema.options.indexOf(level);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
