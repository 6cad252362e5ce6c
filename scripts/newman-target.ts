/** Runs the collections against a server that comes along: `npm run newman:everything`, `npm run newman:sdk`. */

import { runProgram } from './runner/program.ts';
import { TARGETS } from './targets/targets.ts';

const [name, ...argv] = process.argv.slice(2);
const target = TARGETS.find((one) => one.name === name);
if (target) await runProgram(argv, { script: `newman:${target.name}`, options: target.options });
else {
  console.error(`there is no target "${name}"; there are: ${TARGETS.map((one) => one.name).join(', ')}`);
  process.exitCode = 2;
}
