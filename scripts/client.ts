import { main } from './client/main.ts';
import { runProgram } from './client/program.ts';

await runProgram(main);
