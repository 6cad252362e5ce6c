import { createSuite } from './case.ts';
import type { ClearTimer, Pm, SetTimer } from './sandbox.ts';
import { createSteps } from './step.ts';

/**
 * The library is a factory in a global of the sandbox. Every script binds it anew in its first line, with its
 * own `pm` and timers: those of an earlier script are dead, and silently so.
 */
// biome-ignore lint/style/useConst: a declaration that emits nothing; the assignment is what makes the global
declare let mcp: (pm: Pm, setTimer: SetTimer, clearTimer: ClearTimer) => object;
mcp = (pm, setTimer, clearTimer) => ({ ...createSuite(pm, setTimer, clearTimer), ...createSteps(pm) });
