/** MCP for one session: what is offered, calling it, and cancelling a call. Public API of the SDK only. */

import { readFileSync } from 'node:fs';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CompleteRequestParamsSchema,
  type CompleteResult,
  ErrorCode,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  type LoggingLevel,
  LoggingLevelSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Calls, REQUEST_CANCELLED } from './calls.ts';
import type { Config } from './config.ts';
import { MUTED } from './mute.ts';
import type { ReceivedCancel, Telemetry } from './telemetry.ts';
import type { Offer } from './tools/index.ts';
import { createCaller, createOutlet, type Extra, explain, parse, perform, RpcError } from './tools/run.ts';
import type { Callable, CallId } from './tools/tool.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const RESOURCE_NOT_FOUND = -32002;

const Id = z.union([z.string(), z.int()]);
const CancelParams = z.object({ requestId: Id, reason: z.string().optional() });
const DollarCancelParams = z.object({ id: Id }).transform(({ id }) => ({ requestId: id, reason: undefined }));
/** The notifications that cancel, each with its params. */
const CANCELS = { 'notifications/cancelled': CancelParams, '$/cancelRequest': DollarCancelParams };
type CancelMethod = keyof typeof CANCELS;
const SetLevelParams = z.object({ level: LoggingLevelSchema });
const ReadParams = z.object({ uri: z.string() });
const NamedParams = z.object({
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()).default({}),
});

/** What one session's protocol works with. */
export interface Surroundings {
  offer: Offer;
  calls: Calls;
  telemetry: Telemetry;
  cancelReply: Config['cancelReply'];
  responseMode: Config['responseMode'];
  /** Carries the session already. */
  log: Logger;
  /** Whether a call with this id is in flight in some other session. Only asked to tell what became of a cancel. */
  elsewhere(id: CallId): boolean;
}

/** A cancel as it came. */
export interface CancelMessage {
  method: CancelMethod;
  params?: unknown;
}

/** MCP in one session. */
export interface Protocol {
  /** The SDK's; it is not connected yet. */
  readonly server: Server;
  /** Cancels what the message names, if that can be cancelled; else says in the log why not. */
  cancel(message: CancelMessage): Promise<void>;
}

/** Makes what one session speaks. */
export function createProtocol(around: Surroundings): Protocol {
  const { offer, calls, telemetry, log } = around;
  const server = new Server(
    { name: 'mcp-cancellation-reference-server', title: 'MCP cancellation reference server', version },
    {
      capabilities: {
        tools: {},
        prompts: {},
        resources: {},
        completions: {},
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
    const caller = createCaller(server, extra, () => calls.records, around.responseMode === 'sse');
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
  server.setRequestHandler(any('completion/complete'), ({ params }, extra): Promise<CompleteResult> => {
    const wanted = parse(CompleteRequestParamsSchema, params, 'completion/complete');
    const completion = offer.completions.find((each) => each.args(wanted));
    if (completion) return run('completion', completion, completion.args(wanted), extra);
    return Promise.resolve({ completion: { values: [] } });
  });

  // Replaces the SDK's handler, which ignores the ids 0 and "", and after which a cancelled call is never
  // answered and its stream never ended. This one makes the call fail with -32800, which the SDK answers and
  // forgets like any other failure. Whatever cannot be cancelled is ignored, as a cancel may always come too late:
  // https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#error-handling
  const cancel: Protocol['cancel'] = async ({ method, params }) => {
    const report = (cancel: ReceivedCancel) => void telemetry.emit('cancelReceived', cancel);
    const asked = CANCELS[method].safeParse(params);
    if (!asked.success) return report({ result: 'ignored', why: 'malformed', detail: explain(asked.error) });
    const { requestId: id, reason = null } = asked.data;
    // In a batch, the SDK starts a call one turn after a notification that came behind it.
    if (!calls.has(id)) await Promise.resolve();
    const muted = around.cancelReply === 'none' ? new RpcError(REQUEST_CANCELLED, MUTED) : undefined;
    const became = calls.cancel(id, reason, muted);
    if (became === 'cancelled') return report({ id, result: 'cancelled', reason });
    const hint = became === 'unknown' ? hintAt(id, calls) : undefined;
    const isElsewhere = became === 'unknown' && !hint && around.elsewhere(id);
    report({ id, result: 'ignored', why: isElsewhere ? 'other_session' : became, hint, reason });
  };
  for (const method of Object.keys(CANCELS) as CancelMethod[])
    server.setNotificationHandler(any(method), ({ params }) => cancel({ method, params }));
  return { server, cancel };
}

/**
 * Makes a cancel that the SDK would refuse with 400, as its params are no object, one that reaches the handler
 * above; there it is ignored as malformed, like all the others.
 */
export function admitCancel(message: unknown): unknown {
  if (!isObject(message) || isObject(message.params)) return message;
  return isCancelMethod(message.method) ? { ...message, params: {} } : message;
}

/**
 * Whether a message is a cancel in which the SDK would find nothing to refuse. It may go to its handler at once,
 * which spares it about a fifth of its time.
 */
export function isPlainCancel(message: unknown): message is CancelMessage {
  if (!isObject(message) || !isCancelMethod(message.method) || !isObject(message.params)) return false;
  return message.jsonrpc === '2.0' && Object.keys(message).length === 3 && message.params._meta === undefined;
}

function isCancelMethod(method: unknown): method is CancelMethod {
  return typeof method === 'string' && Object.hasOwn(CANCELS, method);
}

/** Why an id may be unknown, for whoever reads the log. It may also have come before its call. */
function hintAt(id: CallId, calls: Calls): string | undefined {
  const other = typeof id === 'number' ? String(id) : id.trim() === '' ? undefined : Number(id);
  return calls.has(other) ? `in flight as a ${typeof other}` : undefined;
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

function severity(level: LoggingLevel): number {
  return LoggingLevelSchema.options.indexOf(level);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
