/** Tests the tools that do real work: `npm run applications`. */

import { runProgram } from './runner/program.ts';

await runProgram(process.argv.slice(2), { script: 'applications', options: [], tools: 'applications' });
