import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { main } from './main.ts';
import type { CaseResult, Results } from './results.ts';
import { startServer } from './target.ts';

/** Every collection, in every revision, against the reference server in every way that it answers. */

const reportsDir = mkdtempSync(join(tmpdir(), 'mcp-modes-'));
afterAll(() => rm(reportsDir, { recursive: true }));

/** What cannot be seen there, and why: every check that is `not observed`, by the id of its case. */
const NOT_OBSERVED: Record<string, Record<string, RegExp>> = {
  sse: {},
  json: {
    'R-FILE-1': /^the answer came as JSON, which has no frames$/,
    'L-EFF-10': /^askTool did not wait for its client: .*RESPONSE_MODE=json a call has no stream to ask on/,
    'L-EFF-11': /^askTool did not wait for its client: .*RESPONSE_MODE=json a call has no stream to ask on/,
    'L-STR-7': /^pollTool did not make the server close the connection: .*needs .* RESPONSE_MODE=sse/,
  },
};

/** An answer to a cancelled call misses a SHOULD, which CANCEL_REPLY=error does on purpose. */
const TOLERATED: Record<string, string[]> = { error: ['L-EFF-2'], none: [] };

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
    const { runs }: Results = JSON.parse(readFileSync(join(dir, 'results.json'), 'utf8'));
    expect(runs.map(({ collection, revision }) => `${collection} ${revision}`).sort()).toEqual([
      'conformance-2025 2025-03-26',
      'conformance-2025 2025-06-18',
      'conformance-2025 2025-11-25',
      'mcp-cancellation 2025-11-25',
      'walkthrough 2025-11-25',
    ]);
    const cases = runs.flatMap((run) => run.cases);
    const verdicts = (wanted: string) => cases.filter(({ verdict }) => verdict === wanted);
    const ids = (list: CaseResult[]) => [...new Set(list.map(({ id }) => id))].sort();
    expect(verdicts('fail')).toEqual([]);
    expect(verdicts('error')).toEqual([]);
    expect(ids(verdicts('warn'))).toEqual(TOLERATED[reply]);
    const unseen = NOT_OBSERVED[mode] ?? {};
    expect(ids(verdicts('not observed'))).toEqual(Object.keys(unseen).sort());
    for (const { id, checks } of cases)
      for (const { verdict, observed } of checks)
        if (verdict === 'not observed') expect(observed, id).toMatch(unseen[id] ?? /nothing is declared/);
    for (const { fate: seen } of cases.filter(({ id }) => id === 'L-EFF-4')) expect(seen).toBe(fate);
  });
});
