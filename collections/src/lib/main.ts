import { createSuite } from './case.ts';

/**
 * The library is a factory in a global of the sandbox. Every script binds it anew in its first line, with its
 * own `pm` and timers: those of an earlier script are dead, and silently so.
 */
declare let mcp: typeof createSuite;
mcp = createSuite;
