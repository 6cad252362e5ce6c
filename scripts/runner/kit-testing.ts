import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from './main.ts';
import type { CaseResult, Results } from './results.ts';

/**
 * Runs cases against a server with the witness kit, as someone would who has pasted it: the two tools are named, and
 * nothing else is set.
 * @returns what the suite concludes, in the order of the collection
 */
export async function judgeKit(url: string, ids: string[]): Promise<CaseResult[]> {
  const reports = mkdtempSync(join(tmpdir(), 'mcp-kit-'));
  let screen = '';
  const write = (text: string) => {
    screen += text;
  };
  const tools = ['slowTool=slow', 'stateTool=state'].flatMap((value) => ['--env-var', value]);
  const cases = ids.flatMap((id) => ['--case', id]);
  try {
    await main(['--url', url, '--collection', 'mcp-cancellation', ...tools, ...cases, '--reports', reports], {
      env: {},
      out: { write, columns: 80 },
      err: { write },
    });
    const { runs }: Results = JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8'));
    const judged = runs.flatMap((run) => run.cases);
    if (judged.length !== ids.length) throw new Error(screen);
    return judged;
  } finally {
    await rm(reports, { recursive: true });
  }
}
