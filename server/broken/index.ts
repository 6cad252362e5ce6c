/** Every broken server, by what it breaks. */

import { acknowledge } from './acknowledge.ts';
import type { Fault } from './fault.ts';

export const FAULTS: readonly Fault[] = [
  { name: 'none', what: 'breaks nothing: a layer that lets everything through', turns: {} },
  ...acknowledge,
];
