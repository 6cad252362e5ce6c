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
  /** Whether the declaration held in some group only when that was run again. */
  again: boolean;
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
    return { turned, wrong: [...problems, ...wrong], seen, again, ms: broken.ms };
  };

  // A busy machine makes some timing go wrong now and then; what is wrong with a declaration is wrong every time.
  const inGroup = async (fault: Fault, group: Group) => {
    const first = await tryGroup(fault, group);
    return first.wrong.length === 0 ? first : tryGroup(fault, group, true);
  };

  const proofOf = async (fault: Fault): Promise<Proof> => {
    const parts = await Promise.all(groupsOf(fault, groups).map((group) => inGroup(fault, group)));
    const proof = {
      fault,
      turned: parts.flatMap(({ turned }) => turned),
      wrong: parts.flatMap(({ wrong }) => wrong),
      seen: Object.assign({}, ...parts.map(({ seen }) => seen)),
      again: parts.some(({ again }) => again),
      ms: parts.reduce((sum, { ms }) => sum + ms, 0),
    };
    onProof(proof);
    return proof;
  };

  return Promise.all(faults.map(proofOf));
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
