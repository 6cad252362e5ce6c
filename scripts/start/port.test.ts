import { expect, it } from 'vitest';
import { fillPort, wantsPort } from './port.ts';

it.each([
  ['http://127.0.0.1:{port}/mcp', 'http://127.0.0.1:7/mcp'],
  ['serve --port {port} --admin={port}', 'serve --port 7 --admin=7'],
  // Of the shell, and of Postman.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is none
  ['serve --port ${port}', undefined],
  ['http://127.0.0.1:{{port}}/mcp', undefined],
  ['http://127.0.0.1:3000/mcp', undefined],
])('%s', (text, filled) => {
  expect(wantsPort(text)).toBe(filled !== undefined);
  expect(fillPort(text, 7)).toBe(filled ?? text);
});
