/** Every broken server, by what it breaks. */

import { acknowledge } from './acknowledge.ts';
import { disconnect } from './disconnect.ts';
import { effect } from './effect.ts';
import type { Fault } from './fault.ts';
import { file } from './file.ts';
import { handshake } from './handshake.ts';
import { ids } from './ids.ts';
import { races } from './races.ts';
import { reply } from './reply.ts';
import { sdk } from './sdk.ts';
import { streams } from './streams.ts';
import { usable } from './usable.ts';
import { witness } from './witness.ts';

/** Faults for one collection: they are not looked for in another one that has the same cases. */
function seenBy(collection: string, ...groups: (readonly Fault[])[]): Fault[] {
  return groups.flat().map((fault) => ({ collection, ...fault }));
}

export const FAULTS: readonly Fault[] = [
  { name: 'none', what: 'breaks nothing: a layer that lets everything through', turns: {} },
  ...seenBy(
    'mcp-cancellation',
    handshake,
    acknowledge,
    effect,
    reply,
    ids,
    races,
    usable,
    file,
    witness,
    sdk,
  ),
  ...seenBy('conformance-2025', disconnect, streams),
];
