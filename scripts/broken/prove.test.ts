import { describe, expect, test } from 'vitest';
import type { CaseRecord, Level, Verdict } from '../../collections/src/lib/record.ts';
import type { Fault } from '../../server/broken/fault.ts';
import { unknownNames } from './compare.ts';
import type { Group } from './groups.ts';
import type { Judged } from './judge.ts';
import { notKilled, type Proof, prove } from './prove.ts';

const check = (level: Level, text: string) => ({ level, text, spec: '' });
const shared = { stops: check('SHOULD', 'stop'), soon: check('DERIVED', 'stop soon') };
const GROUPS: Group[] = [
  {
    collection: 'one',
    folder: 'Effect',
    cases: [
      { id: 'A-1', checks: shared },
      { id: 'A-2', checks: { status: check('MUST', 'accept'), fate: check('MAY', 'tell') } },
    ],
  },
  { collection: 'one', folder: 'Races', cases: [{ id: 'B-1', checks: { late: check('MUST', 'live') } }] },
  { collection: 'two', folder: 'All', cases: [{ id: 'A-1', checks: shared }] },
];

/** Verdicts that are not what they usually are, by case and key; with what was seen, where that matters. */
type Odd = Record<string, Record<string, Verdict | [Verdict, string]>>;

/** What a group would be judged as: everything passes, and what MAY be is noted, but for what is odd. */
function judged(group: Pick<Group, 'collection' | 'folder'>, odd: Odd = {}): Judged {
  const cases = GROUPS.find(
    (one) => one.collection === group.collection && one.folder === group.folder,
  )?.cases;
  const records = (cases ?? []).map(({ id, checks }) => ({
    case: id,
    checks: Object.entries(checks).map(([key, { level, text }]) => {
      const [verdict, observed] = [odd[id]?.[key] ?? (level === 'MAY' ? 'note' : 'pass')].flat();
      return { title: `${level} ${text}`, verdict, observed: observed ?? 'as usual' };
    }),
  }));
  return { records: records as unknown as CaseRecord[], problems: [], ms: 1 };
}

function fault(turns: Fault['turns'], more: Partial<Fault> = {}): Fault {
  return { name: 'broken', what: 'is broken', turns, ...more };
}

/** Proves one fault on a server that is odd as it says. */
async function proofOf(one: Fault, odd: Odd, sound: Odd = {}): Promise<Proof & { asked: string[] }> {
  const asked: string[] = [];
  const [proof] = await prove([one], GROUPS, {
    judge: async (which, _fault, group) => {
      asked.push(`${which} ${group.collection} ${group.folder}`);
      return judged(group, which === 'broken' ? odd : sound);
    },
    onProof: () => {},
  });
  return { ...(proof as Proof), asked };
}

describe('a declaration', () => {
  test('holds where exactly what it says is turned', async () => {
    const turns = { 'A-2': { status: 'fail' } } as const;
    const { wrong, turned, asked } = await proofOf(fault(turns), turns);
    expect(wrong).toEqual([]);
    expect(turned).toMatchObject([{ id: 'A-2', key: 'status', verdict: 'fail' }]);
    expect(asked, 'only its group').toEqual(['sound one Effect', 'broken one Effect']);
  });

  test.each<[string, Fault['turns'], Odd, Odd?]>([
    [
      'it misses a check of its group',
      { 'A-2': { status: 'fail' } },
      { 'A-2': { status: 'fail' }, 'A-1': { soon: 'warn' } },
    ],
    ['nothing is turned', { 'A-2': { status: 'fail' } }, {}],
    ['it is turned to something else', { 'A-2': { status: 'fail' } }, { 'A-2': { status: 'not observed' } }],
    ['it is turned to an error', { 'A-2': { status: 'fail' } }, { 'A-2': { status: 'error' } }],
    [
      'a sound server gets the same',
      { 'A-2': { status: 'fail' } },
      { 'A-2': { status: 'fail' } },
      { 'A-2': { status: 'fail' } },
    ],
    [
      'the sound server is not sound',
      { 'A-2': { status: 'fail' } },
      { 'A-2': { status: 'fail' } },
      { 'A-1': { soon: 'error' } },
    ],
    ['a note stays the same note', { 'A-2': { fate: 'note' } }, {}],
  ])('does not hold where %s', async (_why, turns, odd, sound) => {
    const { wrong } = await proofOf(fault(turns), odd, sound);
    expect(wrong).toHaveLength(1);
  });

  test('holds for a note that becomes another note, and for cases that it gives up', async () => {
    expect(
      (await proofOf(fault({ 'A-2': { fate: 'note' } }), { 'A-2': { fate: ['note', 'odd'] } })).wrong,
    ).toEqual([]);
    const odd: Odd = { 'A-1': { stops: 'warn', soon: 'error' } };
    const given = fault({ 'A-1': { stops: 'warn' } }, { unjudged: ['A-1'] });
    const { wrong, turned } = await proofOf(given, odd);
    expect(wrong).toEqual([]);
    expect(turned).toHaveLength(2);
  });

  test('is held against every collection that has the case, or against one; against all if it turns nothing', async () => {
    const turns = { 'A-1': { stops: 'warn' } } as const;
    expect((await proofOf(fault(turns), turns)).asked).toHaveLength(4);
    expect((await proofOf(fault(turns, { collection: 'two' }), turns)).asked).toHaveLength(2);
    expect((await proofOf(fault({}), {})).asked).toHaveLength(6);
  });

  test('names cases and checks that there are', () => {
    const turns = { 'A-1': { stops: 'warn', sooner: 'warn' }, 'C-1': { x: 'warn' } } as const;
    expect(unknownNames(fault(turns), GROUPS)).toEqual([
      'C-1: there is no such case',
      'A-1 sooner: there is no such check; there are: stops, soon',
    ]);
  });
});

test('a sound server runs once for each configuration', async () => {
  const turns = { 'B-1': { late: 'fail' } } as const;
  const faults = [fault(turns), fault(turns), fault(turns, { config: { responseMode: 'json' } })];
  let sound = 0;
  await prove(faults, GROUPS, {
    judge: async (which, _fault, group) => {
      if (which === 'sound') sound += 1;
      return judged(group, which === 'broken' ? turns : {});
    },
    onProof: () => {},
  });
  expect(sound).toBe(2);
});

test('what goes wrong once is tried again, and told', async () => {
  const turns = { 'B-1': { late: 'fail' } } as const;
  const tried: string[] = [];
  const [proof] = await prove([fault(turns)], GROUPS, {
    judge: async (which, _fault, group) => {
      tried.push(which);
      return judged(group, which === 'broken' && tried.length > 2 ? turns : {});
    },
    onProof: () => {},
  });
  expect(proof).toMatchObject({ wrong: [], again: true, turned: [{ id: 'B-1' }] });
  expect(tried).toEqual(['sound', 'broken', 'sound', 'broken']);
});

test('a check that no server turns is told, wherever it stands', async () => {
  const proof = await proofOf(
    fault({ 'A-1': { stops: 'warn', soon: 'not observed' } }, { collection: 'one' }),
    {
      'A-1': { stops: 'warn', soon: 'not observed' },
    },
  );
  expect(notKilled(GROUPS, [proof])).toEqual([
    'A-1 soon: stop soon (one)',
    'A-2 status: accept (one)',
    'B-1 late: live (one)',
    'A-1 soon: stop soon (two)',
  ]);
});
