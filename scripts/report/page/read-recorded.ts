import { find } from './dom.ts';
import type { Recorded } from './recorded.ts';

let reading: Promise<Recorded> | undefined;

/**
 * What the page keeps of the cases; unpacked when it is first asked for.
 * @throws where the browser cannot unpack it
 */
export function readRecorded(): Promise<Recorded> {
  reading ??= unpack(find('#recorded', HTMLScriptElement).text);
  return reading;
}

async function unpack(base64: string): Promise<Recorded> {
  if (typeof DecompressionStream === 'undefined')
    throw new Error('This browser is too old to unpack it (it has no DecompressionStream).');
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return (await new Response(stream).json()) as Recorded;
}
