import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { suiteVersion } from '../suite-version.ts';
import { lintCollection } from './lint.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Postman's own schema; not part of this repository, used where it is at hand. */
const SCHEMA = `${ROOT}../shared/schemas/collection-v2.1.0.json`;

const built = new Map(
  readdirSync(`${ROOT}collections`)
    .filter((file) => file.endsWith('.postman_collection.json'))
    .map((file) => [file.split('.')[0], readFileSync(`${ROOT}collections/${file}`, 'utf8')]),
);

describe('the built collections', () => {
  it('are committed as the sources give them', async () => {
    expect([...built.keys()]).toContain('mcp-cancellation');
    // In a process of its own, as the test runner would rewrite the very functions whose text is built in.
    const args = ['--import', 'tsx', `${ROOT}scripts/build-collections.ts`, '--check'];
    await expect(promisify(execFile)(process.execPath, args)).resolves.toEqual({ stdout: '', stderr: '' });
  });

  it('carry the version of the suite', () => {
    for (const text of built.values()) {
      const { info } = JSON.parse(text);
      expect(info.version).toBe(suiteVersion());
      expect(info.description.split('\n')[0]).toBe(`mcp-cancellation-suite ${suiteVersion()}`);
    }
  });

  it('have nothing for the linter to complain about', () => {
    for (const text of built.values()) expect(lintCollection(JSON.parse(text))).toEqual([]);
  });

  it('keep the comments of a case in its scripts, and no compiler helpers', () => {
    for (const text of built.values()) expect(text).not.toMatch(/__name|__awaiter|sourceMappingURL/);
    expect(built.get('mcp-cancellation')).toContain(
      '// Postman hands over a stream when it has ended: what an open one holds is not known.',
    );
  });

  it('run in the revisions that the data file for the collection runner lists', () => {
    const rows = JSON.parse(readFileSync(`${ROOT}environments/revisions.json`, 'utf8'));
    const listed = rows.map((row: { protocolVersion: string }) => row.protocolVersion).join(' ');
    for (const text of built.values()) {
      const declared = JSON.parse(text).variable.find((one: { key: string }) => one.key === 'revisions');
      if (declared) expect(declared.value).toBe(listed);
    }
  });

  it.skipIf(!existsSync(SCHEMA))("are valid by Postman's schema", () => {
    const ajv = new Ajv({ schemaId: 'auto', logger: false });
    const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));
    for (const text of built.values()) {
      expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
      expect(validate({ ...JSON.parse(text), info: {} })).toBe(false);
    }
  });
});

describe('the linter', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a collection is bent here in ways that no type allows
  const bent = (bend: (collection: any, item: any) => void) => {
    const collection = JSON.parse(built.get('mcp-cancellation') ?? '');
    bend(collection, collection.item[0].item[0]);
    return lintCollection(collection).join('\n');
  };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const line = (item: any, text: string) => item.event[1].script.exec.push(text);

  it('refuses what Newman would pass without testing anything', () => {
    expect(bent((_, item) => line(item, "pm.test('x', async () => {});"))).toMatch(
      /pm.test with an async function/,
    );
    expect(bent((_, item) => line(item, 'pm.execution.skipRequest();'))).toMatch(/skipRequest is undone/);
    expect(bent((_, item) => line(item, 'await 1;'))).toMatch(/await at the top level/);
    expect(bent((_, item) => line(item, 'const = 1;'))).toMatch(/does not parse/);
    expect(bent((_, item) => item.event.pop())).toMatch(/has no test script/);
    expect(bent((_, item) => item.event[1].script.exec.shift())).toMatch(/does not bind the library/);
    expect(bent((collection, item) => collection.item[0].item.push(item))).toMatch(/name stands twice/);
    expect(bent((collection) => collection.item[0].item.pop())).toMatch(/the variable cases declares/);
  });

  it('refuses what a reader would miss, and keys that Postman would ignore', () => {
    expect(bent((_, item) => delete item.request.description)).toMatch(/has no description/);
    expect(bent((_, item) => item.response.splice(0))).toMatch(/has no saved example/);
    expect(bent((collection) => delete collection.item[0].description)).toMatch(
      /Session: has no description/,
    );
    expect(bent((_, item) => Object.assign(item, { evnet: [] }))).toMatch(/unknown key evnet \(in: item\)/);
    expect(bent((_, item) => Object.assign(item.request, { metod: 'GET' }))).toMatch(/unknown key metod/);
    expect(bent((collection) => Object.assign(collection.info, { description: 'x' }))).toMatch(
      /does not begin with/,
    );
  });
});
