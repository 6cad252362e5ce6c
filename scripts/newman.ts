import { runProgram } from './runner/program.ts';

await runProgram(process.argv.slice(2));
