/** Not built around the core: what the SDK makes of a cancel if it is left alone. */

import type { Fault } from './fault.ts';
import { start as ignoresCancel } from './ignores-cancel.ts';
import { start as neverEndsStream } from './never-ends-stream.ts';

/** They have `slow`, `state` and `quick`, and no more. */
const variables = { fileTool: '' };

export const sdk: readonly Fault[] = [
  {
    name: 'ignores-cancel',
    what: 'is the bare SDK, and its loop never looks at its signal',
    turns: {
      'L-EFF-1': { stops: 'warn', soon: 'not applicable' },
      'L-EFF-4': { ends: 'warn', soon: 'not applicable', reply: 'not applicable' },
      'L-EFF-7': { middle: 'not observed' },
    },
    variables,
    start: ignoresCancel,
  },
  {
    name: 'never-ends-stream',
    what: 'is the bare SDK, and its loop stops as it should',
    turns: {
      'L-EFF-4': { ends: 'warn', soon: 'not applicable', reply: 'not applicable' },
      'L-EFF-7': { middle: 'not observed' },
    },
    variables,
    start: neverEndsStream,
  },
];
