import { expect, it } from 'vitest';
import { sayer } from './say.ts';

function said(line: string, columns?: number, env: NodeJS.ProcessEnv = {}): string {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  sayer({ env, out: { write, columns }, err: { write } })(line);
  return text;
}

it('prints a line as it is where nobody says how wide the screen is', () => {
  const long = `   (${'word '.repeat(50)})`;
  expect(said(long)).toBe(`${long}\n`);
});

it.each([
  ['✅ Task 1 was successfully cancelled', '✅ Task 1 was\n  successfully\n  cancelled\n'],
  ['⏹️ Waited 3 seconds. Sending it', '⏹️ Waited 3 seconds.\n   Sending it\n'],
  ['   (Task with request ID 1)', '   (Task with request\n   ID 1)\n'],
  ['  ✅ Cleaned up: the file is gone', '  ✅ Cleaned up: the file\n    is gone\n'],
])('breaks %j between words, and the rest hangs under the text', (line, text) => {
  expect(said(line, 24)).toBe(text);
  expect(said(line, undefined, { COLUMNS: '24' })).toBe(text);
});

it('shows what would drive a terminal, or a workflow of GitHub', () => {
  expect(said('a \u001b[2J\u202e b\nc')).toBe('a ␛[2J\ufffd b c\n');
  expect(said('::error::x', 80, { GITHUB_ACTIONS: 'true' })).toBe(': :error::x\n');
});
