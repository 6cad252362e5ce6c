import type { CaseResult } from '../runner/results.ts';
import { runMain, variables } from '../runner/run-main.ts';

/**
 * For tests: runs cases against a server with the witness kit, as someone would who has pasted it: the two tools are
 * named, and nothing else is set.
 * @returns what the suite concludes, in the order of the collection
 */
export async function judgeKit(url: string, ids: string[]): Promise<CaseResult[]> {
  const tools = variables('slowTool=slow', 'stateTool=state');
  const cases = ids.flatMap((id) => ['--case', id]);
  const run = await runMain(['--url', url, '--collection', 'mcp-cancellation', ...tools, ...cases]);
  if (run.cases().length !== ids.length) throw new Error(run.screen);
  return run.cases();
}
