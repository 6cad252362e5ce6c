import type { ExchangeResult } from '../../runner/results.ts';
import { streamed } from './layout.ts';

/** The request as it was sent, but for what Newman adds and no server looks at. */
export function rawRequest({ request }: ExchangeResult): string {
  const { method, url, headers, body } = request;
  return [`${method} ${url}`, ...lines(headers), ...(body === null ? [] : ['', body])].join('\n');
}

/** The response as it came; in front of each frame stands when it arrived. */
export function rawResponse(one: ExchangeResult): string {
  const { response, frames, framesLeftOut, failure } = one;
  if (!response) return `no response${failure === null ? '' : `: ${failure}`}`;
  const head = [`${response.status} ${response.statusText}`.trim(), ...lines(response.headers)];
  if (!streamed(one)) return [...head, ...(response.body ? ['', response.body] : [])].join('\n');
  const told = frames.map(({ ms, text }) => `\n[${ms} ms]\n${text}`);
  if (framesLeftOut > 0) told.splice(frames.length / 2, 0, `\n[${framesLeftOut} frames are left out here]`);
  return [...head, ...told].join('\n');
}

function lines(headers: Record<string, string>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}
