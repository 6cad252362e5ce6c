import { describe, expect, it } from 'vitest';
import { signature, suggestArguments, suggestSlowTool, type Tool } from './suggest.ts';

function tool(name: string, properties: object = {}, required: string[] = [], more: object = {}): Tool {
  return { name, inputSchema: { type: 'object', properties, required }, ...more };
}
const number = { type: 'number' };
const text = { type: 'string' };

describe('suggestArguments', () => {
  it.each([
    [{ duration: number, steps: number }, [], '{"duration":"$seconds","steps":"$steps"}'],
    [{ seconds: { type: ['integer', 'null'] } }, [], '{"seconds":"$seconds"}'],
    [{ delayMs: number }, [], '{"delayMs":"$milliseconds"}'],
    [{ delay: { type: 'integer', description: 'in milliseconds' } }, ['delay'], '{"delay":"$milliseconds"}'],
    [{ interval_ms: number, key: text }, ['key'], '{"interval_ms":"$intervalMs","key":"$key"}'],
    [{ duration: text }, [], '{}'],
    [{ path: text, note: text }, ['path'], '{"path":"text"}'],
    [{ mode: { enum: ['fast', 'slow'] } }, ['mode'], '{"mode":"fast"}'],
    [{ rows: { type: 'integer', minimum: 7 } }, ['rows'], '{"rows":7}'],
    [{ on: { type: 'boolean' }, all: { type: 'array' } }, ['on', 'all'], '{"on":false,"all":[]}'],
    [
      { options: { type: 'object', properties: { depth: number }, required: ['depth'] } },
      ['options'],
      '{"options":{"depth":1}}',
    ],
  ])('makes of %j, of which %j are required, %s', (properties, required, template) => {
    expect(suggestArguments(tool('any', properties, required))).toBe(template);
  });

  it.each([undefined, null, 'text', { properties: 7 }, { properties: { a: null }, required: 'a' }])(
    'takes %j for a schema',
    (inputSchema) => expect(() => suggestArguments({ name: 'odd', inputSchema })).not.toThrow(),
  );
});

describe('suggestSlowTool', () => {
  const echo = tool('echo', { message: text }, ['message']);
  const sleep = tool('nap', { seconds: number });

  it('prefers a tool whose length can be said, then one that sounds slow', () => {
    expect(suggestSlowTool([echo, tool('long_report'), sleep])?.name).toBe('nap');
    expect(suggestSlowTool([echo, tool('long_report')])?.name).toBe('long_report');
    expect(suggestSlowTool([sleep, tool('sleep', { seconds: number })])?.name).toBe('sleep');
  });

  it('never names a destructive one, and none rather than any', () => {
    expect(suggestSlowTool([echo])).toBeUndefined();
    const wipe = { annotations: { destructiveHint: true } };
    expect(suggestSlowTool([tool('slow_wipe', { seconds: number }, [], wipe)])).toBeUndefined();
  });
});

it('tells what may be left out', () => {
  expect(signature(tool('any', { a: text, b: text }, ['a']))).toBe('a, b?');
});
