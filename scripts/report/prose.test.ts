import { expect, it } from 'vitest';
import { nasty } from './fixture.ts';
import { prose } from './prose.ts';

it('makes no tag, image or link of what is not meant to be one', () => {
  expect(prose('*so* `x<y` [rule](https://a.b/c "t")').text).toBe(
    '<p><em>so</em> <code>x&lt;y</code> <a href="https://a.b/c" title="t">rule</a></p>',
  );
  for (const text of [
    nasty,
    '[a](javascript:alert(1))',
    '<b onclick=x>',
    '![a<b>](https://a.b/c)',
    '<javascript:x>',
    '[a]: data:x\n[a]',
    '[a](http://b)',
  ])
    expect(prose(text).text).not.toMatch(/<(?!\/?(p|code|em)\b)/);
});
