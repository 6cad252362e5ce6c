import { runProgram } from './client/program.ts';
import { main } from './demo/main.ts';

await runProgram(main);
