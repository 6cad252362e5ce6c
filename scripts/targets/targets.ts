import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A server that comes along, and how the runner is told to test it. */
export interface Target {
  name: string;
  /** Names it in the table. */
  title: string;
  /** The package whose version is measured; none for a server of this repository. */
  package?: string;
  /** Options of the runner that stand before those of the user. */
  options: string[];
}

const require = createRequire(import.meta.url);
const EVERYTHING = '@modelcontextprotocol/server-everything';

const script = (path: string) => quote(fileURLToPath(new URL(`../../${path}`, import.meta.url)));
const variables = (values: Record<string, string>) =>
  Object.entries(values).flatMap(([name, value]) => ['--env-var', `${name}=${value}`]);
/** The runner starts it, and picks the port. */
const started = (command: string) => ['--start', command, '--url', 'http://127.0.0.1:{port}/mcp'];

export const TARGETS: readonly Target[] = [
  {
    name: 'reference',
    title: 'the reference server',
    // Without the walkthrough, which is for hands, and for this server alone.
    options: ['--collection', 'conformance-2025', '--collection', 'mcp-cancellation'],
  },
  {
    name: 'sdk',
    title: 'a plain server made with `McpServer`',
    package: '@modelcontextprotocol/sdk',
    options: [
      ...started(`node --import tsx ${script('server/sdk.ts')}`),
      ...variables({
        slowTool: 'slow',
        stateTool: 'state',
        quickTool: 'quick',
        quickArguments: '{"text": "hello"}',
      }),
    ],
  },
  {
    name: 'everything',
    title: '`server-everything`',
    package: EVERYTHING,
    options: [
      ...started(`node ${quote(require.resolve(`${EVERYTHING}/dist/index.js`))} streamableHttp`),
      ...variables({
        slowTool: 'trigger-long-running-operation',
        slowArguments: '{"duration": "$seconds", "steps": "$steps"}',
        quickTool: 'echo',
        quickArguments: '{"message": "hello"}',
      }),
    ],
  },
];

/** The version of the package that a target is made of; the suite's own for one of this repository. */
export function versionOf(target: Target): string {
  const file = target.package
    ? new URL(`../../node_modules/${target.package}/package.json`, import.meta.url)
    : new URL('../../package.json', import.meta.url);
  return require(fileURLToPath(file)).version;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
