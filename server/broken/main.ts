/** Starts a broken server by its name: `npm run broken -- cancel-200`. Without one it tells the names. */

import { run } from './bare.ts';
import { startFault } from './fault.ts';
import { FAULTS } from './index.ts';

const [, , name] = process.argv;
const fault = FAULTS.find((each) => each.name === name);
if (fault) {
  await run((options) => startFault(fault, options));
} else {
  const width = Math.max(...FAULTS.map((each) => each.name.length));
  const list = FAULTS.map((each) => `${each.name.padEnd(width)}  ${each.what}`);
  console.error([name ? `There is no broken server "${name}"; there are:` : 'Name one:', ...list].join('\n'));
  process.exitCode = 2;
}
