import type { CheckDefinition } from '../lib/definition.ts';
import { page } from '../lib/definition.ts';

/** What the cases of the applications have in common. */

export const BEHAVIOR = page('basic/utilities/cancellation', 'behavior-requirements');
export const CALLING = page('server/tools', 'calling-tools');

/** What `checkCancelled` judges. The specification asks for it with SHOULD; the bounds in time are the suite's. */
export const STOPS = {
  ends: {
    level: 'DERIVED',
    text: "end the call's exchange within maxCancelMs (a bound of the suite)",
    spec: BEHAVIOR,
  },
  stops: { level: 'SHOULD', text: 'stop the handler, as the witness tells', spec: BEHAVIOR },
  resource: { level: 'SHOULD', text: 'stop the work, as the resource itself tells', spec: BEHAVIOR },
  soon: { level: 'DERIVED', text: 'stop it within maxCancelMs (a bound of the suite)', spec: BEHAVIOR },
  left: { level: 'SHOULD', text: 'free what the call held', spec: BEHAVIOR },
} satisfies Record<string, CheckDefinition>;

/** What `checkDone` judges. */
export const FINISHES = {
  result: { level: 'DERIVED', text: 'come to a result', spec: CALLING },
  resource: { level: 'DERIVED', text: 'finish the work, as the resource itself tells', spec: CALLING },
  left: { level: 'DERIVED', text: 'leave nothing behind', spec: CALLING },
} satisfies Record<string, CheckDefinition>;

/** What is said of every one of them. */
export const HOW = `When the resource itself says that it is at work, the call is cancelled. Then three are asked: the call's exchange, which has to end; the witness, which tells of the handler; and, by the tool \`inspect\`, the resource, which cannot know what the handler claims. The main request is that last question, so its answer stands in the report.`;

/** What is said of those that are left alone. */
export const ALONE =
  'Without this one, a tool that never gets anywhere would look like one that was cancelled well.';
