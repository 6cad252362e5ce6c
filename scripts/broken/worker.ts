/** A process that judges what its parent asks for; see `workers.ts`. */

import { FAULTS } from '../../server/broken/index.ts';
import { bypassProxy } from '../runner/main.ts';
import { allClosed, judge } from './judge.ts';
import type { Answer, Question } from './workers.ts';

bypassProxy('http://127.0.0.1');

process.on('message', async ({ id, which, fault: name, place }: Question) => {
  const fault = FAULTS.find((each) => each.name === name);
  if (!fault) throw new Error(`there is no server ${name}`);
  process.send?.({ id, judged: await judge(which, fault, place) } satisfies Answer);
});

process.once('disconnect', async () => {
  await allClosed();
  // Handlers that never stop would keep this process alive.
  process.exit();
});
