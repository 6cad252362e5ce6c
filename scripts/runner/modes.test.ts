import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { main } from './main.ts';
import type { Results } from './results.ts';
import { startServer } from './target.ts';

/** The first collection against the reference server, in every way that it answers. */

const reportsDir = mkdtempSync(join(tmpdir(), 'mcp-modes-'));
afterAll(() => rm(reportsDir, { recursive: true }));

describe.each([
  ['error', 'sse', 'error -32800'],
  ['none', 'sse', 'no response, closed'],
  ['error', 'json', 'error -32800'],
  ['none', 'json', 'accepted 202'],
])('CANCEL_REPLY=%s RESPONSE_MODE=%s', (reply, mode, fate) => {
  it('is green', async () => {
    const dir = join(reportsDir, `${reply}-${mode}`);
    const env = { CANCEL_REPLY: reply, RESPONSE_MODE: mode, DATA_DIR: reportsDir };
    const target = await startServer(`${dir}.log`, env);
    let screen = '';
    const write = (text: string) => {
      screen += text;
    };
    const args = ['--url', target.url, '--environment', 'reference', '--env-var', `cancelReply=${reply}`];
    const exitCode = await main([...args, '--reports', dir], {
      env: {},
      out: { write, columns: 80 },
      err: { write },
    }).finally(() => target.stop());
    expect(exitCode, screen).toBe(0);
    const { totals, runs }: Results = JSON.parse(readFileSync(join(dir, 'results.json'), 'utf8'));
    const cases = runs.flatMap((run) => run.cases);
    expect(totals).toMatchObject({ cases: 17, red: 0, error: 0 });
    // Only what a JSON body cannot show is not seen there.
    const open = cases
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ id, verdict }) => `${id} ${verdict}`);
    expect(open).toEqual(mode === 'json' ? ['R-FILE-1 not observed'] : []);
    expect(cases.find(({ id }) => id === 'L-EFF-4')?.fate).toBe(fate);
  });
});
