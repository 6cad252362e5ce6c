import type { Frame, Message } from './raw.ts';

/** A message as one line that tells it from others of its kind in its first words; the rest may be cut. */
export function abbreviate({ method, id, params, result, error }: Message): string {
  const idText = id === undefined ? '' : ` id ${JSON.stringify(id)}`;
  if (error) {
    const data = error.data === undefined ? '' : ` ${JSON.stringify(error.data)}`;
    return `error${idText} ${error.code} "${error.message}"${data}`;
  }
  if (method === undefined) return `result${idText} ${JSON.stringify(result?.structuredContent ?? result)}`;
  if (method === 'tools/call')
    return `${method}${idText} ${params?.name} ${JSON.stringify(params?.arguments)}`;
  if (method === 'notifications/progress')
    return `progress ${params?.progress}/${params?.total} ${params?.message}`;
  if (method === 'notifications/message') return `log ${params?.level} ${JSON.stringify(params?.data)}`;
  return `${method}${idText}${params ? ` ${JSON.stringify(params)}` : ''}`;
}

/** One event of a stream; of its id only the end, as the whole of it is as good as a key to the session's messages. */
export function abbreviateFrame({ id, retry, message }: Frame): string {
  const idText = id === undefined ? 'event' : `event …${id.slice(-6)}`;
  const retryText = retry === undefined ? '' : `, retry ${retry} ms`;
  return message ? `${idText} ${abbreviate(message)}` : `${idText} no data${retryText}`;
}
