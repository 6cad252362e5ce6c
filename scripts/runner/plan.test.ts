import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPLICATIONS } from '../applications/preset.ts';
import { type Preset, parseOptions } from './options.ts';
import { declarations, planRuns } from './plan.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-plan-'));
  const write = (name: string, id: string, more: Record<string, string> = {}) => {
    const variable = Object.entries({ cases: id, ...more }).map(([key, value]) => ({ key, value }));
    const collection = { info: { name }, item: [{ name: `${id} A case` }], variable };
    writeFileSync(join(folder, `${name}.postman_collection.json`), JSON.stringify(collection));
  };
  write('declares', 'A-1', { revisions: '2025-03-26 2025-06-18' });
  write('other', 'B-1');
  write('real-work', 'C-1', { tools: 'applications' });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function revisions(...args: string[]) {
  const options = parseOptions(args, {});
  if (!options) throw new Error('no options');
  const planned = await planRuns(options, false, folder);
  return Object.fromEntries(planned.map((one) => [one.name, one.revisions]));
}

describe('the revisions of a plan', () => {
  it('are those that a collection declares', async () => {
    expect(await revisions()).toEqual({ declares: ['2025-03-26', '2025-06-18'], other: [] });
  });

  it('are those asked for, in the order of the collection, whether by option or by variable', async () => {
    const both = ['--revision', '2025-06-18', '--revision', '2025-03-26', '--revision', '2025-06-18'];
    expect(await revisions(...both)).toEqual({
      declares: ['2025-03-26', '2025-06-18'],
      other: ['2025-06-18', '2025-03-26'],
    });
    const one = { declares: ['2025-06-18'], other: ['2025-06-18'] };
    expect(await revisions('--revision', '2025-06-18')).toEqual(one);
    expect(await revisions('--env-var', 'protocolVersion=2025-06-18')).toEqual(one);
  });

  it('have to be among the declared ones, where a collection declares any', async () => {
    await expect(revisions('--revision', '2024-11-05')).rejects.toThrow(
      'there is no revision "2024-11-05"; there are: 2025-03-26, 2025-06-18',
    );
    expect(await revisions('--revision', '2024-11-05', '--collection', 'other')).toEqual({
      other: ['2024-11-05'],
    });
  });
});

describe('the tools that a collection is for', () => {
  const planned = async (args: string[], preset?: Preset) => {
    const options = parseOptions(args, {}, preset);
    if (!options) throw new Error('no options');
    return (await planRuns(options, false, folder)).map(({ name }) => name);
  };

  it('leave it out of a run with others', async () => {
    expect(await planned([])).toEqual(['declares', 'other']);
    expect(await planned([], APPLICATIONS)).toEqual(['real-work']);
  });

  it.each([
    [['--collection', 'real-work'], 'the collection "real-work"'],
    [['--case', 'C-*'], 'C-*'],
  ])('are told, with the command, where %j asks for it', async (args, what) => {
    await expect(planned(args)).rejects.toThrow(
      `${what} needs a server with TOOLS=applications: npm run applications runs it, with --url too`,
    );
  });

  it('are told the other way round too', async () => {
    await expect(planned(['--case', 'A-1'], APPLICATIONS)).rejects.toThrow(
      'A-1 needs a server with TOOLS=reference: npm run newman runs it, with --url too',
    );
  });

  it('are the reference server’s, also where its address is given', () => {
    const url = ['--url', 'http://127.0.0.1:1/mcp'];
    expect(parseOptions(url, {}, APPLICATIONS)?.environment).toBe('reference');
    expect(parseOptions([], {}, APPLICATIONS)?.environment).toBeUndefined();
    expect(parseOptions(url, {})?.environment).toBeUndefined();
  });
});

describe('what the collections declare', () => {
  it('is known of all of them, whatever runs', async () => {
    expect(await declarations(folder)).toEqual([
      { cases: ['A-1'], revisions: ['2025-03-26', '2025-06-18'] },
      { cases: ['B-1'], revisions: [] },
      { cases: ['C-1'], revisions: [] },
    ]);
  });
});
