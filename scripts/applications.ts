/** Tests the tools that do real work: `npm run applications`. */

import { APPLICATIONS } from './applications/preset.ts';
import { runProgram } from './runner/program.ts';

await runProgram(process.argv.slice(2), APPLICATIONS);
