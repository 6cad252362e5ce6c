import { describe, expect, it } from 'vitest';
import { planJobs } from './jobs.ts';
import { items } from './plan.ts';
import { fixtureCollection } from './testing.ts';

/** A collection whose folders have so many cases each. */
function collection(sizes: number[], revisions: string[] = []) {
  const folders = sizes.map((size, folder) => ({
    name: `Folder ${folder}`,
    items: Array.from({ length: size }, (_, n) => ({ name: `F${folder}-${n} A case` })),
  }));
  const expected = folders.flatMap((folder) => folder.items.map(({ name }) => name.split(' ')[0] ?? ''));
  return { ...fixtureCollection(folders, expected), revisions };
}

describe('the jobs', () => {
  it('are parts of about the same size, with folders whole and in their order', () => {
    const [run] = planJobs([collection([3, 12, 5, 9, 4, 3], ['a', 'b', 'c', 'd'])], 'none');
    expect(run?.parts.map((part) => part.collection.item.map(({ name }) => name))).toEqual([
      ['Folder 1'],
      ['Folder 0', 'Folder 3'],
      ['Folder 2', 'Folder 4', 'Folder 5'],
    ]);
    expect(run?.parts.map((part) => part.expected.length)).toEqual([12, 12, 12]);
    for (const part of run?.parts ?? [])
      expect(items(part.collection).map(({ name }) => name.split(' ')[0])).toEqual(part.expected);
  });

  it('are one for each revision, or one in the revision of the environment, where there is little to do', () => {
    const runs = planJobs([collection([9, 10], ['a', 'b']), collection([1])], 'none');
    expect(runs.map(({ revision, parts }) => [revision, parts.length])).toEqual([
      ['a', 1],
      ['b', 1],
      ['none', 1],
    ]);
  });

  it('are six to twelve where there is much to do', () => {
    const large = Array(10).fill(7);
    const count = (revisions: string[], ...others: ReturnType<typeof collection>[]) =>
      planJobs([collection(large, revisions), ...others], 'none').flatMap(({ parts }) => parts).length;
    expect(count([])).toBe(6);
    expect(count(['a', 'b'])).toBe(12);
    expect(count(['a', 'b', 'c'])).toBe(12);
    expect(count(['a', 'b', 'c'], collection([17]))).toBe(10);
    expect(count(['a', 'b', 'c'], collection([17]), collection([14]))).toBe(11);
  });
});
