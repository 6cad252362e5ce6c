import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { lastWords } from './last-words.ts';

const dir = mkdtempSync(join(tmpdir(), 'mcp-words-'));
afterAll(() => rmSync(dir, { recursive: true }));

const NODE = `node:events:497
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use 127.0.0.1:3000
    at Server.setupListenHandle [as _listen2] (node:net:1817:16)
Emitted 'error' event on Server instance at:
    at process.processTicksAndRejections (node:internal/process/task_queues:82:21) {
  code: 'EADDRINUSE'
}

Node.js v20.19.0
`;
const PYTHON = `Traceback (most recent call last):
  File "server.py", line 1, in <module>
    import mcp
ModuleNotFoundError: No module named 'mcp'
`;

it.each([
  ['of a crash of Node', NODE, /^Error: listen EADDRINUSE: .*:3000 \/ Emitted 'error' event/],
  ['of a traceback', PYTHON, /^Traceback .* \/ ModuleNotFoundError: No module named 'mcp'$/],
  ['of what indents everything', '  one\n  two\n  three\n', /^two \/ three$/],
  ['of colours and bells', '\u001b[31mred\u0007\n', /^␛\[31mred␇$/],
  ['of a very long line', `${'x'.repeat(1000)}\n`, /^x{299}…$/],
  ['of silence', '\n\n', /^it printed nothing$/],
])('are the end of the log: %s', (_what, log, words) => {
  const file = join(dir, 'target.log');
  writeFileSync(file, log);
  expect(lastWords(file)).toMatch(words);
});

it('are read from a log of any size, and from one that is gone', () => {
  const file = join(dir, 'large.log');
  writeFileSync(file, '');
  truncateSync(file, 2 ** 31);
  appendFileSync(file, '\nthe end\n');
  expect(lastWords(file)).toMatch(/the end$/);
  expect(lastWords(join(dir, 'gone.log'))).toBe('it printed nothing');
});
