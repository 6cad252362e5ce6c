import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { getValue, loadEnvironment } from './environment.ts';
import { parseOptions } from './options.ts';
import { scratch } from './run-main.ts';

async function loaded(values: unknown[], ...args: string[]) {
  const file = join(scratch(), 'environment.json');
  writeFileSync(file, JSON.stringify({ values }));
  const options = parseOptions(['--environment', file, ...args], {});
  if (!options) throw new Error('help was asked for');
  return loadEnvironment(options, options.url);
}

it('takes every value for a text, as Postman does, and leaves out what is no variable', async () => {
  const values = [
    null,
    { key: 5 },
    { key: 'steps', value: 7 },
    { key: 'headers', value: { a: 1 } },
    { key: 'trace' },
  ];
  const environment = await loaded(values);
  expect(environment.values).toEqual([
    { key: 'steps', value: '7' },
    { key: 'headers', value: '{"a":1}' },
    { key: 'trace', value: '' },
  ]);
});

it('takes a disabled variable for an absent one, until it is set', async () => {
  const values = [{ key: 'slowTool', value: 'old', enabled: false }];
  expect(getValue(await loaded(values), 'slowTool')).toBe('');
  const environment = await loaded(values, '--env-var', 'slowTool=new');
  expect(environment.values).toEqual([{ key: 'slowTool', value: 'new', enabled: true }]);
});
