import pLimit from 'p-limit';
import type { Fault } from '../../server/broken/fault.ts';
import { compare, declarationOf, reportOf, type Turned } from './compare.ts';
import { type Group, groupsOf, isBinding } from './groups.ts';
import type { judge as Judge, Judged } from './judge.ts';

/** What came of one broken server. */
export interface Proof {
  fault: Fault;
  turned: Turned[];
  /** Why its declaration does not hold, one line each; empty where it does. */
  wrong: string[];
  /** What it turned, to be compared with what it declares. */
  seen: Record<string, Record<string, string>>;
  /** Whether some group was run again, as the declaration did not hold at first. */
  again: boolean;
  /** Whether timings cannot be trusted, as the machine was busy. */
  lag: boolean;
  /** Of all its groups together, one after the other. */
  ms: number;
}

/**
 * Judges every broken server in the groups that its declaration names, and for each configuration a sound server to
 * compare it with.
 *
 * @param judge does the work, as many at a time as it likes
 * @param onProof told of each server when it is done
 */
export async function prove(
  faults: readonly Fault[],
  groups: Group[],
  { judge, onProof }: { judge: typeof Judge; onProof: (proof: Proof) => void },
): Promise<Proof[]> {
  const sound = new Map<string, Promise<Judged>>();

  const soundly = (fault: Fault, group: Group, again: boolean) => {
    const { config, revision, variables } = fault;
    const key = JSON.stringify([group.collection, group.folder, config, revision, variables]);
    const judged = (!again && sound.get(key)) || judge('sound', fault, group);
    sound.set(key, judged);
    return judged;
  };

  const tryGroup = async (fault: Fault, group: Group, again = false) => {
    const [usual, broken] = await Promise.all([soundly(fault, group, again), judge('broken', fault, group)]);
    const [sound, report] = [reportOf(usual, group), reportOf(broken, group)];
    const { turned, wrong } = compare(fault, group, sound, report);
    const problems = [...usual.problems.map((problem) => `the sound server: ${problem}`), ...broken.problems];
    const seen = declarationOf(sound, report);
    const lag = usual.lag || broken.lag;
    return { group, turned, wrong: [...problems, ...wrong], seen, again, lag, ms: broken.ms };
  };

  const firstTries = faults.map((fault) =>
    Promise.all(groupsOf(fault, groups).map((group) => tryGroup(fault, group))),
  );

  // A timing may go wrong where much goes on at once; what is wrong with a declaration is wrong every time.
  const calmly = pLimit(2);
  const proofOf = async (fault: Fault, tries: (typeof firstTries)[number]): Promise<Proof> => {
    const first = await tries;
    if (first.some(({ wrong }) => wrong.length > 0)) await Promise.all(firstTries);
    const parts = await Promise.all(
      first.map((one) => (one.wrong.length === 0 ? one : calmly(() => tryGroup(fault, one.group, true)))),
    );
    const proof = {
      fault,
      turned: parts.flatMap(({ turned }) => turned),
      wrong: parts.flatMap(({ wrong }) => wrong),
      seen: Object.assign({}, ...parts.map(({ seen }) => seen)),
      again: parts.some(({ again }) => again),
      lag: parts.some(({ lag }) => lag),
      ms: parts.reduce((sum, { ms }) => sum + ms, 0),
    };
    onProof(proof);
    return proof;
  };

  return Promise.all(firstTries.map((tries, i) => proofOf(faults[i] as Fault, tries)));
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
