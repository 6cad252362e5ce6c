import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type CallToolResult, McpError } from '@modelcontextprotocol/sdk/types.js';
import { clip, oneLine } from '../report/text.ts';

/** The error of a cancelled call: RequestCancelled of the Language Server Protocol, as MCP names none. */
export const REQUEST_CANCELLED = -32800;

/** How a call ended, as its client sees it. */
export type CallEnd =
  | { kind: 'result'; result: CallToolResult }
  | { kind: 'error'; code: number; message: string; data: unknown }
  /** The server ended the HTTP exchange and gave no answer in it. */
  | { kind: 'closed'; status: number }
  /** The request was turned away before it became a call. */
  | { kind: 'refused'; status: number; why: string }
  | { kind: 'broken'; why: string };

/** Whether a call ended as one does that was cancelled: by the error for it, or without any response. */
export function isCancelled(end: CallEnd): boolean {
  return end.kind === 'closed' || (end.kind === 'error' && end.code === REQUEST_CANCELLED);
}

/** The end of a call that the SDK told by an error. */
export function endByError(error: Error): CallEnd {
  if (error instanceof McpError) {
    const { code, data } = error;
    return { kind: 'error', code, message: error.message.replace(`MCP error ${code}: `, ''), data };
  }
  if (error instanceof StreamableHTTPError && (error.code ?? 0) > 0)
    return { kind: 'refused', status: error.code ?? 0, why: error.message };
  const { code } = (error.cause ?? {}) as { code?: string };
  return { kind: 'broken', why: code ?? error.message };
}

/** How a call ended, in a few words that may hold what the server said. */
export function describeEnd(end: CallEnd): string {
  switch (end.kind) {
    case 'result':
      return `a result, ${quoted(textOf(end.result))}`;
    case 'error': {
      const { reason } = (end.data ?? {}) as { reason?: unknown };
      const why = typeof reason === 'string' ? ` (${shown(reason)})` : '';
      return `error ${end.code}, ${quoted(end.message)}${why}`;
    }
    case 'closed':
      return `no response, ${end.status === 202 ? 'and HTTP status 202' : 'and the stream closed'}`;
    case 'refused':
      return `HTTP status ${end.status}, ${quoted(end.why)}`;
    case 'broken':
      return `the connection broke (${shown(end.why)})`;
  }
}

const quoted = (text: string) => `"${shown(text)}"`;

/** The text of a result, as far as it has one. */
export function textOf({ content }: CallToolResult): string {
  return content.map((part) => (part.type === 'text' ? part.text : `(${part.type})`)).join(' ');
}

const shown = (text: string) => clip(oneLine(text), 300);
