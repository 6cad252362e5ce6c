import type { EnvironmentJson } from './environment.ts';
import type { CollectionItem, Planned } from './plan.ts';

/** A request of a fixture collection: its name, and the source of its scripts. */
export interface FixtureItem {
  name: string;
  prerequest?: string;
  test?: string;
}

export interface FixtureFolder {
  name: string;
  items: FixtureItem[];
}

/** A collection made of plain scripts, without the suite's library: for what Newman itself does with them. */
export function fixtureCollection(
  items: Array<FixtureItem | FixtureFolder>,
  expected: string[] = [],
): Planned {
  const script = (listen: string, source: string | undefined) =>
    source === undefined ? [] : [{ listen, script: { type: 'text/javascript', exec: source.split('\n') } }];
  const request = ({ name, prerequest, test }: FixtureItem) => ({
    name,
    event: [...script('prerequest', prerequest), ...script('test', test)],
    request: { method: 'GET', header: [], url: '{{mcpUrl}}' },
  });
  const item = items.map((one) =>
    'items' in one ? { name: one.name, item: one.items.map(request) } : request(one),
  );
  return {
    name: 'fixture',
    title: 'Fixture',
    collection: {
      name: 'Fixture',
      info: {
        name: 'Fixture',
        schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
      } as { name: string },
      item: item as CollectionItem[],
    },
    expected,
  };
}

export function environmentOf(values: Record<string, string>): EnvironmentJson {
  return {
    name: 'Fixture',
    values: Object.entries(values).map(([key, value]) => ({ key, value, enabled: true })),
  };
}

/** The source of a test script that hands the runner a record, as the suite's library does. */
export function reporting(id: string): string {
  const record = {
    case: id,
    title: id,
    verdict: 'pass',
    red: false,
    checks: [],
    transcript: '',
    evidence: 'none',
    fate: null,
    cancelMs: null,
    waitMs: 0,
  };
  return `pm.variables.set('mcp.record', ${JSON.stringify(JSON.stringify(record))});`;
}
