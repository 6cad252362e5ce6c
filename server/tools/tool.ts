/** What a tool is, and what it receives: the contract between the server and a tool's author. */

import type { AnySchema, SchemaOutput } from '@modelcontextprotocol/sdk/server/zod-compat.js';
import type {
  CallToolResult,
  ClientCapabilities,
  CompleteRequest,
  CompleteResult,
  GetPromptResult,
  LoggingLevel,
  Prompt as PromptListing,
  ReadResourceResult,
  ResourceTemplate,
  ServerRequest,
  Tool as ToolListing,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

/** A JSON-RPC id with its JSON type: `0`, `""`, `"7"` and `7` are four ids. */
export type CallId = string | number;

/** How a call ended. `failed`: the tool reported or threw an error. */
export type Outcome = 'completed' | 'cancelled' | 'failed';

/** How a session ends: its client's DELETE, too long without use, or the end of the server. */
export const SESSION_ENDS = ['deleted', 'expired', 'shutdown'] as const;
export type SessionEnd = (typeof SESSION_ENDS)[number];

/** Who cancels a call: its client, or the end of its session. */
export type CancelCause = 'client' | SessionEnd;

/** What the registry of calls knows of one call. Plain data: keeping it keeps nothing else alive. */
export interface CallRecord {
  readonly id: CallId;
  /** The name of the tool or prompt, or the template of the resource. */
  readonly tool: string;
  /** `running` until the call is answered. */
  call: 'running' | Outcome;
  /** `running` until the handler and its cleanups have ended, which can be long after a cancelled call was answered. */
  handler: 'running' | 'ended';
  /** Who cancelled it; null if nobody did. */
  cause: CancelCause | null;
  /** Why it was cancelled, as the canceller put it. */
  reason: string | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** When the handler and its cleanups ended, milliseconds since 1970. */
  endedAt: number | null;
  /** Milliseconds from the arrival of the cancel to the end of the handler; null before that, and if nothing was cancelled. */
  cancelMs: number | null;
}

/** One call, as its tool sees it. */
export interface ToolCall {
  readonly id: CallId;
  /** Aborted by a cancel. Hand it to whatever takes a signal, or call `signal.throwIfAborted()`; both throw an error named AbortError. */
  readonly signal: AbortSignal;
  /** The same as a flag, to be polled. */
  readonly cancelled: boolean;
  readonly record: Readonly<CallRecord>;
  /**
   * Reports progress to the client, if it asked for it. Values that do not increase are dropped
   * (https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress#behavior-requirements),
   * and so is everything once the call was answered.
   */
  progress(progress: number, total?: number, message?: string): void;
  /** Sends a line to the client's log; to the server's log once the call was answered. */
  log(level: LoggingLevel, text: string): void;
  /** Registers a cleanup. All of them run, last one first, when the handler has ended, however it ended. */
  defer(cleanup: () => unknown): void;
}

/** The client that called, for the few tools that need more of it than `call`. */
export interface Caller {
  readonly capabilities: ClientCapabilities;
  /** Its calls in flight in this session, and nobody else's. */
  calls(): Readonly<CallRecord>[];
  /** Sends it a request on the call's own stream; undefined where that is not possible. An abort is told to the client. */
  readonly request:
    | (<Schema extends AnySchema>(
        request: ServerRequest,
        result: Schema,
        signal: AbortSignal,
      ) => Promise<SchemaOutput<Schema>>)
    | undefined;
  /** Closes the connection, for the client to come back with Last-Event-ID; undefined where it could not. */
  readonly disconnect: (() => void) | undefined;
}

/** What runs as a call: a tool, a prompt or a resource. */
export interface Callable<Listing, Result, Input extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly input: Input;
  /** What is said of it where its kind is listed. */
  readonly listing: Listing;
  /**
   * Does the work. On a cancel it stops as soon as it can; what it returns or throws then goes nowhere.
   *
   * @throws ToolError for what the caller can put right
   */
  handler(args: z.output<Input>, call: ToolCall, caller: Caller): Promise<Result>;
}

export type Tool<Input extends z.ZodObject = z.ZodObject> = Callable<ToolListing, CallToolResult, Input>;

/** Its arguments arrive as text. */
export type Prompt<Input extends z.ZodObject = z.ZodObject> = Callable<PromptListing, GetPromptResult, Input>;

export interface Resource<Input extends z.ZodObject = z.ZodObject>
  extends Callable<ResourceTemplate, ReadResourceResult, Input> {
  /** The arguments in a URI, undefined if it is none of this resource's. */
  args(uri: string): Record<string, string> | undefined;
}

/** What completes an argument of a prompt or of a resource's address. */
export interface Completion<Input extends z.ZodObject = z.ZodObject>
  extends Callable<null, CompleteResult, Input> {
  /** The arguments in what is to be completed, undefined if it is none of this completion's. */
  args(wanted: CompleteRequest['params']): Record<string, string> | undefined;
}

/** A failure the caller should read: it becomes a result with `isError`. Any other error is an internal one. */
export class ToolError extends Error {}

/**
 * Declares a tool from its schemas.
 *
 * @param tool.input the arguments; unknown ones are refused if it is a strict object
 * @param tool.output the shape of the structured content; every result without `isError` must have it
 */
export function defineTool<Input extends z.ZodObject>(tool: {
  name: string;
  title: string;
  description: string;
  input: Input;
  output?: z.ZodObject;
  annotations?: ToolListing['annotations'];
  handler: Tool<Input>['handler'];
}): Tool<Input> {
  const { name, title, description, input, output, annotations, handler } = tool;
  const listing: ToolListing = { name, title, description, inputSchema: jsonSchema(input, 'input') };
  if (output) listing.outputSchema = jsonSchema(output, 'output');
  if (annotations) listing.annotations = annotations;
  return {
    name,
    input,
    listing,
    async handler(args, call, caller) {
      try {
        return await handler(args, call, caller);
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        return { isError: true, content: [{ type: 'text', text: error.message }] };
      }
    },
  };
}

/** A result with a text, and the same as structured content where there is some. */
export function result(text: string, structuredContent?: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text }], ...(structuredContent && { structuredContent }) };
}

function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): ToolListing['inputSchema'] {
  // Only keywords that mean the same in draft-07 and 2020-12 are used. Without `$schema` a client of either
  // kind accepts it: 2025-11-25 assumes 2020-12 then, and validators of draft-07 refuse a foreign `$schema`.
  const { $schema: _, ...plain } = z.toJSONSchema(schema, { io, target: 'draft-7' });
  return plain as ToolListing['inputSchema'];
}
