import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { getValue, loadEnvironment } from './environment.ts';
import { parseOptions } from './options.ts';
import { scratch } from './run-main.ts';

/** What the runner adds, as nobody sits there to press Send. */
const HEADLESS = { key: 'callSeconds', value: '1', enabled: true };

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
    HEADLESS,
  ]);
});

it('takes a disabled variable for an absent one, until it is set', async () => {
  const values = [{ key: 'slowTool', value: 'old', enabled: false }];
  expect(getValue(await loaded(values), 'slowTool')).toBe('');
  const environment = await loaded(values, '--env-var', 'slowTool=new');
  expect(environment.values).toEqual([{ key: 'slowTool', value: 'new', enabled: true }, HEADLESS]);
});

it('leaves the walkthrough the time that the user gives it', async () => {
  const own = await loaded([{ key: 'callSeconds', value: '5' }]);
  expect(getValue(own, 'callSeconds')).toBe('5');
  expect(getValue(await loaded([], '--env-var', 'callSeconds=9'), 'callSeconds')).toBe('9');
});
