import { type Fault, startFault, startSound } from '../../server/broken/fault.ts';
import { compare, declarationOf, type Turned } from './compare.ts';
import { type Group, groupsOf, isBinding } from './groups.ts';
import type { Judged, judge } from './judge.ts';
import { createLimit } from './limit.ts';

/** More at a time take no less time on two cores, and make timings doubtful. */
const AT_A_TIME = 6;

/** What came of one broken server. */
export interface Proof {
  fault: Fault;
  turned: Turned[];
  /** Why its declaration does not hold, one line each; empty where it does. */
  wrong: string[];
  /** What it turned, to be compared with what it declares. */
  seen: Record<string, Record<string, string>>;
  /** Of all its groups together, one after the other. */
  ms: number;
}

/**
 * Starts every broken server and runs the groups that its declaration names, and for each configuration a sound
 * server to compare it with.
 *
 * @param onProof told of each server when it is done
 */
export async function prove(
  faults: readonly Fault[],
  groups: Group[],
  { judge: judgeGroup, onProof }: { judge: typeof judge; onProof: (proof: Proof) => void },
): Promise<Proof[]> {
  const limit = createLimit(AT_A_TIME);
  const closing: Promise<void>[] = [];
  const sound = new Map<string, Promise<Judged>>();

  const judged = (start: typeof startFault, fault: Fault, group: Group) =>
    limit(async () => {
      const began = Date.now();
      const server = await start(fault);
      try {
        const judgement = await judgeGroup(server.url, group, fault);
        return { ...judgement, ms: Date.now() - began };
      } finally {
        // Handlers that do not stop keep it from closing, but nobody from going on.
        closing.push(server.close());
      }
    });

  const soundly = (fault: Fault, group: Group) => {
    const { config, revision, variables } = fault;
    const key = JSON.stringify([group.collection, group.folder, config, revision, variables]);
    const running = sound.get(key) ?? judged(startSound, fault, group);
    sound.set(key, running);
    return running;
  };

  const proofOf = async (fault: Fault): Promise<Proof> => {
    const proof: Proof = { fault, turned: [], wrong: [], seen: {}, ms: 0 };
    await Promise.all(
      groupsOf(fault, groups).map(async (group) => {
        const usual = await soundly(fault, group);
        const broken = await judged(startFault, fault, group);
        const { turned, wrong } = compare(fault, group, usual.report, broken.report);
        proof.turned.push(...turned);
        proof.wrong.push(...usual.problems.map((problem) => `the sound server: ${problem}`));
        proof.wrong.push(...broken.problems, ...wrong);
        Object.assign(proof.seen, declarationOf(usual.report, broken.report));
        proof.ms += broken.ms;
      }),
    );
    onProof(proof);
    return proof;
  };

  const proofs = await Promise.all(faults.map(proofOf));
  await Promise.all(closing);
  return proofs;
}

/** The checks that no server turns to `fail` or `warn`, although they can be missed; one line each. */
export function notKilled(groups: Group[], proofs: Proof[]): string[] {
  const killed = new Set(
    proofs.flatMap(({ turned }) =>
      turned
        .filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')
        .map(({ definition }) => definition),
    ),
  );
  return groups.flatMap(({ collection, cases }) =>
    cases.flatMap(({ id, checks }) =>
      Object.entries(checks)
        .filter(([, definition]) => isBinding(definition) && !killed.has(definition))
        .map(([key, { text }]) => `${id} ${key}: ${text} (${collection})`),
    ),
  );
}
