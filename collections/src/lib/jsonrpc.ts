/** JSON-RPC 2.0 messages as MCP uses them. */

/** `7` and `"7"` are two ids, and `0` and `""` are ids. */
export type RequestId = string | number;

export interface Message {
  jsonrpc: '2.0';
  id?: RequestId | null;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: unknown };
}

export function request(id: RequestId, method: string, params?: unknown): object {
  return params === undefined ? { jsonrpc: '2.0', id, method } : { jsonrpc: '2.0', id, method, params };
}

export function notification(method: string, params?: unknown): object {
  return params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params };
}

/** The responses (results and errors) among the messages that carry exactly this id. */
export function responsesTo(id: RequestId, messages: Message[]): Message[] {
  return messages.filter((message) => message.id === id && message.method === undefined);
}

/** One line that tells a message apart without repeating it whole. */
export function brief(message: Message): string {
  if (message.method === 'notifications/progress' && message.params) {
    const { progress, total } = message.params;
    return `notifications/progress ${progress}${total === undefined ? '' : `/${total}`}`;
  }
  if (message.method === 'notifications/message' && message.params)
    return `notifications/message ${clip(JSON.stringify(message.params.data))}`;
  if (message.method === 'notifications/cancelled' && message.params)
    return `notifications/cancelled ${clip(JSON.stringify(message.params))}`;
  const id = message.id === undefined ? '' : ` id=${JSON.stringify(message.id)}`;
  if (message.method === 'tools/call' && message.params) return `tools/call ${message.params.name}${id}`;
  if (message.method !== undefined) return message.method + id;
  if (message.error)
    return `error ${message.error.code}${id} ${clip(JSON.stringify(message.error.message))}${
      message.error.data === undefined ? '' : ` ${clip(JSON.stringify(message.error.data))}`
    }`;
  // Structured content says in a few words what the text beside it says again.
  const { result } = message;
  return `result${id} ${clip(JSON.stringify(result?.structuredContent || result))}`;
}

export function clip(text: string | undefined, length = 160): string {
  const whole = text === undefined ? 'undefined' : text;
  return whole.length <= length ? whole : `${whole.slice(0, length - 1)}…`;
}
