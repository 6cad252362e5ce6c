/** How a tool, a prompt or a resource is run: its arguments checked, its messages sent, its errors told. */

import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  ErrorCode,
  type LoggingLevel,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Outlet } from './call.ts';
import type { Callable, Caller, ToolCall } from './tool.ts';

/** How long a client may take to answer a request, in milliseconds. */
const ANSWER_MS = 3_600_000;

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

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** An error that the SDK sends with its code and its message as they are (its own `McpError` puts a prefix to the message). */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Does the work. An error is logged, and not shown to the caller. */
export async function perform<Result extends object>(
  what: Callable<unknown, Result>,
  args: Record<string, unknown>,
  call: ToolCall,
  caller: Caller,
  log: Logger,
): Promise<Result> {
  try {
    return await what.handler(args, call, caller);
  } catch (error) {
    const line = { id: call.id, tool: what.name, err: error };
    // After a cancel any error is what it was stopped with, or follows from that; it goes nowhere.
    if (call.cancelled) {
      log.debug(line, 'the handler of a cancelled call ended');
      throw error;
    }
    log.error(line, 'tool failed unexpectedly');
    throw new RpcError(
      ErrorCode.InternalError,
      `${what.name} failed unexpectedly; the server's log says more`,
    );
  }
}

/** Where one call's messages go: to the stream of its own request, and to the server's log. */
export function createOutlet(extra: Extra, log: Logger, wanted: (level: LoggingLevel) => boolean): Outlet {
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

export function createCaller(server: Server, extra: Extra, calls: Caller['calls'], canAsk: boolean): Caller {
  return {
    capabilities: server.getClientCapabilities() ?? {},
    calls,
    request: canAsk
      ? (request, result, signal) => extra.sendRequest(request, result, { signal, timeout: ANSWER_MS })
      : undefined,
    disconnect: extra.closeSSEStream,
  };
}

export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RpcError(ErrorCode.InvalidParams, `Invalid arguments of ${where}: ${explain(parsed.error)}`);
}

export function explain(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}
