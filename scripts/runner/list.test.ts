import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listCases } from './list.ts';
import { type CollectionJson, items, ROOT } from './plan.ts';

const BUILT = readdirSync(`${ROOT}collections`)
  .filter((file) => file.endsWith('.postman_collection.json'))
  .map((file) => JSON.parse(readFileSync(`${ROOT}collections/${file}`, 'utf8')) as CollectionJson);

const planned = (collection: CollectionJson, revisions: string[] = []) => ({
  name: 'any',
  title: 'Any',
  collection,
  expected: [],
  revisions,
});

describe('listCases', () => {
  it.each(BUILT.map((collection) => [collection.info.name, collection] as const))(
    'finds level, revisions and link of every case of %s',
    (_name, collection) => {
      const [, , head, ...lines] = listCases([planned(collection)])
        .trimEnd()
        .split('\n');
      expect(head).toMatch(/^id +level +revisions +title +link$/);
      const rows = lines.map((line) =>
        /^(\S+) +(MUST|SHOULD|DERIVED|MAY|AMBIG) +(all|20[\d -]*\d) +(\S.*?) {2,}https:\S+$/.exec(line),
      );
      expect(rows.map((row) => `${row?.[1]} ${row?.[4]}`)).toEqual(items(collection).map(({ name }) => name));
    },
  );

  it('names the revisions that a case is for, of those that were chosen', () => {
    const rules = [
      '- **MUST (2025-06-18), SHOULD (2025-11-25)** refuse it ([rule](https://x.test/a))',
      '- **MAY (2025-06-18)** or not ([rule](https://x.test/b))',
    ];
    const item = [{ name: 'L-X-1 Odd', request: { description: rules.join('\n') } }];
    const collection = { name: '', info: { name: '' }, item };
    const list = (...revisions: string[]) => listCases([planned(collection, revisions)]).split('\n')[3];
    expect(list()).toBe('L-X-1  MUST   2025-06-18 2025-11-25  Odd    https://x.test/a');
    expect(list('2025-11-25')).toMatch(/ 2025-11-25 +Odd/);
    expect(list('2025-03-26')).toMatch(/ none of these +Odd/);
  });
});
