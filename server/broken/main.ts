/** Starts a broken server by its name: `npm run broken -- cancel-200`. Without one it lists them. */

import { run } from './bare.ts';
import { startFault } from './fault.ts';
import { FAULTS } from './index.ts';

const [, , name] = process.argv;
const fault = FAULTS.find((each) => each.name === name);
if (fault) {
  await run((options) => startFault(fault, options));
} else if (name && !['-h', '--help'].includes(name)) {
  console.error(`there is no broken server "${name}"; npm run broken lists them`);
  process.exitCode = 2;
} else {
  const width = Math.max(...FAULTS.map((each) => each.name.length));
  const list = FAULTS.map((each) => `${each.name.padEnd(width)}  ${each.what}`);
  console.log(['Usage: PORT=8001 npm run broken -- <name>', '', ...list].join('\n'));
}
