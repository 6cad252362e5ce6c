import { start as startIgnoring } from '../../server/broken/ignores-cancel.ts';
import { main } from '../runner/main.ts';

const REVISIONS = ['--revision', '2025-06-18', '--revision', '2025-11-25'];

/** Runs some cases against the reference server, which does everything right. */
export async function runReference(reportsDir: string, cases: string[]): Promise<void> {
  await run(reportsDir, [...REVISIONS, ...cases.flatMap((one) => ['--case', one])], 0);
}

/** Runs some cases against a server that ignores every cancel. */
export async function runRed(reportsDir: string, cases: string[]): Promise<void> {
  const server = await startIgnoring();
  try {
    const variables = ['slowTool=slow', 'stateTool=state', 'settleMs=800'];
    const args = [
      ...['--url', server.url, ...REVISIONS],
      ...cases.flatMap((one) => ['--case', one]),
      ...variables.flatMap((one) => ['--env-var', one]),
    ];
    await run(reportsDir, args, 1);
  } finally {
    await server.close();
  }
}

async function run(reportsDir: string, args: string[], expected: number): Promise<void> {
  let screen = '';
  const write = (text: string) => {
    screen += text;
  };
  const io = { write, columns: 80 };
  const exitCode = await main(['--reports', reportsDir, ...args], { env: {}, out: io, err: io });
  if (exitCode !== expected)
    throw new Error(`the run ended with ${exitCode}, not with ${expected}:\n${screen}`);
}
