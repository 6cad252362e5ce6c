import { z } from 'zod';
import type { Witness } from '../witness.ts';
import { tick } from './slow.ts';
import { paceAsText } from './slow-prompt.ts';
import type { Resource } from './tool.ts';

const Args = paceAsText.extend({ uri: z.string() });
const TEMPLATE = 'slow://{key}{?steps,interval_ms}';

/** A resource that takes as long as its URI says, such as `slow://mine?steps=50&interval_ms=100`. */
export const slowResource = (witness: Witness): Resource<typeof Args> => ({
  name: TEMPLATE,
  input: Args,
  listing: {
    name: 'slow',
    title: 'A slow resource',
    description: 'Ticks like the tool `slow` before it answers. Can be cancelled.',
    uriTemplate: TEMPLATE,
    mimeType: 'text/plain',
  },

  args(uri) {
    const [, key, query] = /^slow:\/\/([^/?#]+)\?([^#]*)$/.exec(uri) ?? [];
    if (key === undefined) return undefined;
    try {
      return { ...Object.fromEntries(new URLSearchParams(query)), key: decodeURIComponent(key), uri };
    } catch {
      return undefined;
    }
  },

  async handler(args, call) {
    await tick(witness, args, call);
    return { contents: [{ uri: args.uri, mimeType: 'text/plain', text: `completed ${args.steps} steps` }] };
  },
});
