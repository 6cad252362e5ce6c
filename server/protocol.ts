/** MCP for one session: what tools there are, calling one, and cancelling a call. Public API of the SDK only. */

import { readFileSync } from 'node:fs';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  type LoggingLevel,
  LoggingLevelSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Calls, Outlet } from './calls.ts';
import type { Tools } from './tools/index.ts';
import { type CallId, type Tool, type ToolCall, ToolError } from './tools/tool.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

// Only the method is fixed: whatever else is wrong must reach our own code, to be logged or answered there.
const AnyCancel = z.object({ method: z.literal('notifications/cancelled'), params: z.unknown().optional() });
const AnySetLevel = z.object({ method: z.literal('logging/setLevel'), params: z.unknown().optional() });
const AnyToolCall = z.object({ method: z.literal('tools/call'), params: z.unknown().optional() });

const CancelParams = z.object({ requestId: z.union([z.string(), z.int()]), reason: z.string().optional() });
const SetLevelParams = z.object({ level: LoggingLevelSchema });
const ToolCallParams = z.object({
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
  tools: Tools;
  calls: Calls;
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
export function createProtocol({ tools, calls, log, elsewhere }: Surroundings): Server {
  const server = new Server(
    { name: 'mcp-cancellation-reference-server', title: 'MCP cancellation reference server', version },
    { capabilities: { tools: {}, logging: {} } },
  );
  let lowest: LoggingLevel = 'debug';

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...tools.values()].map((tool) => tool.listing),
  }));

  // The SDK's own handler keeps the level where only its sendLoggingMessage finds it, which writes to the
  // session's GET stream; our log lines belong to a call, and go out on that call's stream.
  server.setRequestHandler(AnySetLevel, ({ params }) => {
    lowest = parse(SetLevelParams, params, 'logging/setLevel').level;
    return {};
  });

  server.setRequestHandler(AnyToolCall, ({ params }, extra) => {
    const { name, arguments: given } = parse(ToolCallParams, params, 'tools/call');
    const tool = tools.get(name);
    if (!tool) {
      const known = [...tools.keys()].join(', ');
      throw new RpcError(
        ErrorCode.InvalidParams,
        `Unknown tool ${JSON.stringify(name)}; there are: ${known}`,
      );
    }
    const args = parse(tool.input, given, `tool ${name}`);
    const outlet = createOutlet(extra, log, (level) => severity(level) >= severity(lowest));
    return calls.start(extra.requestId, name, outlet, (call) => perform(tool, args, call, log));
  });

  // Replaces the SDK's handler, which ignores the ids 0 and "", and after which a cancelled call is never
  // answered and its stream never ended. This one makes the call fail with -32800, which the SDK answers and
  // forgets like any other failure. Whatever cannot be cancelled is ignored, as a cancel may always come too late:
  // https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#error-handling
  server.setNotificationHandler(AnyCancel, ({ params }) => {
    // When the answer is out: writing a line takes longer than all the rest of a cancel.
    const report = (line: object) => void setImmediate(() => log.info(line, 'cancel'));
    const cancel = CancelParams.safeParse(params);
    if (!cancel.success)
      return report({ result: 'ignored', why: 'malformed', detail: explain(cancel.error) });
    const { requestId: id, reason = null } = cancel.data;
    const became = calls.cancel(id, reason);
    if (became === 'cancelled') return report({ id, result: 'cancelled', reason });
    const hint = became === 'unknown' ? hintAt(id, calls, elsewhere) : undefined;
    report({ id, result: 'ignored', why: became, hint, reason });
  });

  return server;
}

/**
 * Makes a cancel that the SDK would refuse with 400, as its params are no object, one that reaches the handler
 * above; there it is ignored as malformed, like all the others.
 */
export function admitCancel(message: unknown): unknown {
  if (!isObject(message) || message.method !== 'notifications/cancelled' || isObject(message.params))
    return message;
  return { ...message, params: {} };
}

/** Runs a tool. What its caller should read becomes a result; any other error is logged, and not shown to the caller. */
async function perform(
  tool: Tool,
  args: Record<string, unknown>,
  call: ToolCall,
  log: Logger,
): Promise<CallToolResult> {
  try {
    return await tool.handler(args, call);
  } catch (error) {
    if (error instanceof ToolError)
      return { isError: true, content: [{ type: 'text', text: error.message }] };
    // After a cancel any error is what it was stopped with, or follows from that.
    if (call.cancelled)
      log.debug({ id: call.id, tool: tool.name, err: error }, 'the handler of a cancelled call ended');
    else log.error({ id: call.id, tool: tool.name, err: error }, 'tool failed unexpectedly');
    throw new RpcError(
      ErrorCode.InternalError,
      `Tool ${tool.name} failed unexpectedly; the server's log says more`,
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

/** Why an id may be unknown, for whoever reads the log. It may also have come before its call. */
function hintAt(id: CallId, calls: Calls, elsewhere: (id: CallId) => boolean): string | undefined {
  const other = typeof id === 'number' ? String(id) : id.trim() === '' ? undefined : Number(id);
  if (calls.has(other)) return `in flight as a ${typeof other}`;
  return elsewhere(id) ? 'in flight in another session' : undefined;
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
