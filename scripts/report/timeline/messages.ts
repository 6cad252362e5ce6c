import type { ExchangeResult } from '../../runner/results.ts';
import { clip, oneLine } from '../text.ts';

/** A JSON-RPC message, or what a target sent in place of one. */
export type Message = Record<string, unknown>;

type Request = ExchangeResult['request'];

/** The messages of a body or of a frame's data, those of a batch one by one; none where it is no JSON. */
export function messagesIn(text: string | null): Message[] {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return (Array.isArray(value) ? value : [value]).filter(isObject);
  } catch {
    return isCut(text) ? beginning(text ?? '') : [];
  }
}

/** Whether a text was too long for the recorder to keep. */
export function isCut(text: string | null): boolean {
  return /… \(\d+ more characters\)$/.test(text ?? '');
}

/** What can be told of a message by its first members: a result that is cut is a result. */
function beginning(text: string): Message[] {
  const member = /\s*"(jsonrpc|id|method)"\s*:\s*("(?:[^"\\]|\\.)*"|[-\d.eE+]+|null)\s*,/y;
  const head = /^\s*\[?\s*\{/.exec(text)?.[0];
  if (head === undefined) return [];
  const message: Message = {};
  let end = head.length;
  for (member.lastIndex = end; ; end = member.lastIndex) {
    const [, name, value] = member.exec(text) ?? [];
    if (!name || !value) break;
    Object.assign(message, ...messagesIn(`{"${name}":${value}}`));
  }
  const [, rest] = /^\s*"(params|result|error)"\s*:/.exec(text.slice(end, end + 100)) ?? [];
  return rest ? [{ ...message, [rest]: {} }] : [];
}

export function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whatever the case of its name; undefined where it is not there. */
export function headerOf(headers: Record<string, string>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** The data of an event, as an SSE parser would join its lines. */
export function dataOf(frame: string): string {
  const lines = frame.split('\n').filter((line) => /^data(:|$)/.test(line));
  return lines.map((line) => line.replace(/^data:? ?/, '')).join('\n');
}

/** `POST tools/call slow id=10001`, `GET`, `DELETE`. */
export function requestName({ method, body }: Request): string {
  const messages = messagesIn(body).map(messageName);
  if (messages.length > 1) return `${method} a batch of ${messages.length}: ${messages.join(', ')}`;
  return [method, messages[0] ?? (body ? 'no JSON-RPC message' : '')].join(' ').trim();
}

/** `tools/call slow id=1`, `notifications/progress 3/550`, `error -32800 "Request cancelled" id=1`, `result id=1`. */
export function messageName(message: Message): string {
  const { id, method, params, error } = message;
  const words: unknown[] = [];
  if (typeof method === 'string') words.push(clip(oneLine(method), 60), argument(method, params));
  else if (isObject(error)) words.push('error', json(error.code), json(error.message));
  else if ('result' in message) words.push('result');
  else words.push('a message without method, result or error');
  if ('id' in message) words.push(`id=${json(id)}`);
  return words.filter(Boolean).join(' ');
}

/** What an event or a comment of a stream is. */
export function frameName(frame: string): string {
  const data = dataOf(frame);
  const messages = messagesIn(data);
  if (messages.length > 0) return messages.map(messageName).join(', ');
  if (data !== '') return `no JSON-RPC message: ${clip(oneLine(data), 60)}`;
  return frame.startsWith(':') ? `comment ${clip(oneLine(frame), 60)}` : 'an event without data';
}

/** What tells a message from others of its method. */
function argument(method: string, params: unknown): string {
  if (!isObject(params)) return '';
  const { progress, total, requestId, name, uri } = params;
  if (method === 'notifications/progress')
    return `${json(progress)}${total === undefined ? '' : `/${json(total)}`}`;
  if (method === 'notifications/cancelled')
    return 'requestId' in params ? `requestId=${json(requestId)}` : '';
  const text = [name, uri].find((one) => typeof one === 'string');
  return typeof text === 'string' ? clip(oneLine(text), 60) : '';
}

function json(value: unknown): string {
  return clip(oneLine(JSON.stringify(value) ?? ''), 60);
}
