/** Every broken server, by what it breaks. */

import { acknowledge } from './acknowledge.ts';
import { beyondTools } from './beyond-tools.ts';
import { effect } from './effect.ts';
import type { Fault } from './fault.ts';
import { file } from './file.ts';
import { handshake } from './handshake.ts';
import { ids } from './ids.ts';
import { races } from './races.ts';
import { reply } from './reply.ts';
import { sdk } from './sdk.ts';
import { silence } from './silence.ts';
import { usable } from './usable.ts';
import { witness } from './witness.ts';

/** What the first collection has to see; it is not looked for in others that have the same cases. */
const first = [...handshake, ...acknowledge, ...ids, ...races, ...file, ...witness, ...sdk];

/** What every collection that has the cases has to see. */
const everywhere = [...effect, ...reply, ...silence, ...beyondTools, ...usable];

export const FAULTS: readonly Fault[] = [
  { name: 'none', what: 'breaks nothing: a layer that lets everything through', turns: {} },
  ...first.map((fault) => ({ collection: 'mcp-cancellation', ...fault })),
  ...everywhere,
];
