import { FAULTS } from '../../server/broken/index.ts';
import { Failure, usage } from '../runner/failure.ts';
import { matches } from '../runner/plan.ts';
import { unknownNames } from './compare.ts';
import { groupsOf, loadGroups } from './groups.ts';
import { type Options, parseOptions } from './options.ts';
import { notKilled, prove } from './prove.ts';
import { progressLine, summary } from './table.ts';
import { startWorkers } from './workers.ts';

interface Io {
  out: { write(text: string): unknown };
  err: { write(text: string): unknown };
}

/**
 * The whole of `npm run test:broken`.
 * @param argv the command line behind the program's name
 * @returns the exit code: 0 proved; 1 not proved; 2 wrong usage
 */
export async function main(argv: string[], io: Io): Promise<number> {
  try {
    const options = parseOptions(argv);
    return options ? await test(options, io) : 0;
  } catch (error) {
    io.err.write(`${error instanceof Failure ? error.message : (error as Error).stack}\n`);
    return error instanceof Failure ? error.exitCode : 1;
  }
}

async function test({ only, collection }: Options, io: Io): Promise<number> {
  const began = Date.now();
  const all = await loadGroups();
  const groups = all.filter((group) => collection === undefined || group.collection === collection);
  if (groups.length === 0) throw usage(`there is no collection "${collection}"`);
  const named = FAULTS.filter(({ name }) => only.length === 0 || only.some((one) => matches(one, name)));
  if (named.length === 0) throw usage(`there is no server "${only}"; npm run broken lists them`);
  for (const fault of named)
    for (const line of unknownNames(fault, all)) throw usage(`${fault.name} declares ${line}`);

  const faults = named.filter((fault) => groupsOf(fault, groups).length > 0);
  const workers = startWorkers();
  let done = 0;
  const proofs = await prove(faults, groups, {
    judge: workers.judge,
    onProof: (proof) => io.out.write(progressLine(proof, ++done, faults.length)),
  });
  await workers.stop();
  const missed = only.length === 0 ? notKilled(groups, proofs) : [];
  io.out.write(`\n${summary(proofs, missed, Date.now() - began)}`);
  return missed.length > 0 || proofs.some(({ wrong }) => wrong.length > 0) ? 1 : 0;
}
