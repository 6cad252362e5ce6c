/** Times the reference server beside others: `npm run bench`. */

import { main } from './bench/main.ts';
import { runProgram } from './client/program.ts';

await runProgram(main);
