/** A broken server as a value: what it does wrong, and which checks of the suite have to see it. */

import { pino } from 'pino';
import { startTemporary } from '../temporary.ts';
import { startAround, type Tampering } from './around.ts';
import type { BareServer, Start } from './bare.ts';

/** What a check concludes, as far as it concludes anything. */
export type Verdict = 'pass' | 'fail' | 'warn' | 'note' | 'not observed' | 'not applicable';

/** Verdicts by the id of a case and the key of a check. */
export type Turns = Readonly<Record<string, Readonly<Record<string, Verdict>>>>;

export interface Fault extends Tampering {
  name: string;
  /** One line that goes on from "a server that …". */
  what: string;
  /**
   * Exactly those checks that conclude something else here than on a sound server, and what. In every group that
   * has one of these cases, all other checks conclude what they do there.
   */
  turns: Turns;
  /** Cases that cannot be judged here, which proves nothing: checks of theirs that `turns` does not name are errors. */
  unjudged?: readonly string[];
  /** The only collection whose cases are meant, where several have them. */
  collection?: string;
  /** The revision that is asked for; the newest of the 2025 ones if it is not given. */
  revision?: '2025-03-26' | '2025-06-18' | '2025-11-25';
  /** Variables of the Postman environment that differ from those of `reference`; a sound server is given them too. */
  variables?: Readonly<Record<string, string>>;
  /** A server that is not built around the core. */
  start?: Start;
}

export function startFault(fault: Fault, options: { port?: number } = {}): Promise<BareServer> {
  return fault.start ? fault.start(options) : startAround(fault, options);
}

/** What a fault is compared with: the reference server itself, in the same configuration. */
export function startSound({ config = {} }: Fault): Promise<BareServer> {
  return startTemporary(config, pino({ level: 'silent' }));
}
