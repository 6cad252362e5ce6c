import { describe, expect, it } from 'vitest';
import { Secrets } from './mask.ts';
import { environmentOf } from './testing.ts';

const mask = (values: Record<string, string>, text: string) => Secrets.of(environmentOf(values)).mask(text);

describe('secrets', () => {
  it('are masked as they stand in the environment, and as a server may echo them', () => {
    expect(mask({ authorization: 'Bearer abc.def' }, 'got Bearer abc.def')).toBe('got ***');
    expect(mask({ authorization: 'Bearer abc.def' }, 'bad token abc.def')).toBe('bad token ***');
    expect(mask({ headers: '{"X-Key":"k-12345","X-Num":98765}' }, 'k-12345 98765')).toBe('*** ***');
    expect(mask({ authorization: 'Bearer {{token}}', token: 'resolved-1' }, 'resolved-1')).toBe('***');
  });

  it('are masked in a URL, escaped or not', () => {
    const mcpUrl = 'https://me:p%40ssword@example.org/mcp?api_key=a%2Bbcd&page=1';
    expect(mask({ mcpUrl }, mcpUrl)).toBe('https://me:***@example.org/mcp?api_key=***&page=1');
    expect(mask({ mcpUrl }, 'p@ssword a+bcd')).toBe('*** ***');
  });

  it('are masked where a URL holds a token in place of a name and a password', () => {
    const mcpUrl = 'https://t0k3n-1@example.org/mcp';
    expect(mask({ mcpUrl }, mcpUrl)).toBe('https://***@example.org/mcp');
  });

  it.each([
    ['in a URL', encodeURIComponent],
    ['in a URL, in small letters', (text: string) => encodeURIComponent(text).toLowerCase()],
    ['in JSON in JSON', (text: string) => JSON.stringify(JSON.stringify(text)).slice(3, -3)],
    ['in the JSON of PHP', (text: string) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/')],
  ])('are masked as they stand %s', (_where, spelt) => {
    expect(mask({ authorization: 'a/b+c"d' }, `<${spelt('a/b+c"d')}>`)).toBe('<***>');
  });

  it('are masked in a URL that is made of variables, and in JSON', () => {
    const mcpUrl = '{{base}}/mcp?key={{key}}';
    expect(mask({ mcpUrl, base: 'http://x.test', key: 'k-12345' }, 'not k-12345')).toBe('not ***');
    expect(mask({ authorization: 'a"b\\c' }, JSON.stringify({ got: 'a"b\\c' }))).toBe('{"got":"***"}');
  });

  it('are masked whole where one holds another', () => {
    expect(
      mask({ authorization: 'Basic secret', headers: '{"X":"secret-and-more"}' }, 'secret-and-more'),
    ).toBe('***');
  });

  it('leave short values and broken settings alone', () => {
    expect(mask({ authorization: 'abc', headers: 'no json', mcpUrl: 'http://a:%zz@b/' }, 'abcdef')).toBe(
      'abcdef',
    );
  });

  it('leave a verdict what it is', () => {
    const secrets = Secrets.of(environmentOf({ mcpUrl: 'http://x.test/mcp?level=warn&log=not+observed' }));
    const record = {
      case: 'L-EFF-1',
      verdict: 'not observed',
      checks: [{ verdict: 'warn', observed: 'to warn' }],
    };
    expect(secrets.maskResults(structuredClone(record))).toEqual({
      ...record,
      checks: [{ verdict: 'warn', observed: 'to ***' }],
    });
  });

  it('are found in every string and buffer of a value, once for each object', () => {
    const secrets = new Secrets();
    secrets.add('hidden');
    const value: Record<string, unknown> = { list: ['hidden'], body: Buffer.from('a hidden b'), n: 1 };
    value.self = value;
    secrets.maskDeep(value);
    expect(value.list).toEqual(['***']);
    expect(String(value.body)).toBe('a *** b');
  });
});
