import { start as startIgnoring } from '../../server/broken/ignores-cancel.ts';
import { main } from '../runner/main.ts';

/** The options that name cases and revisions. */
export function narrowed(cases: string[], revisions: string[]): string[] {
  return [...cases.flatMap((one) => ['--case', one]), ...revisions.flatMap((one) => ['--revision', one])];
}

/**
 * Runs cases against the reference server, which does everything right.
 * @param options as on the command line of the runner
 */
export async function runReference(reportsDir: string, options: string[]): Promise<void> {
  await run(reportsDir, options, 0);
}

/**
 * Runs cases against a server that ignores every cancel.
 * @param options as on the command line of the runner
 */
export async function runRed(reportsDir: string, options: string[]): Promise<void> {
  const server = await startIgnoring();
  try {
    const variables = ['slowTool=slow', 'stateTool=state', 'settleMs=800'];
    const args = [...['--url', server.url, ...options], ...variables.flatMap((one) => ['--env-var', one])];
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
