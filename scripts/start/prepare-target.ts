import { join } from 'node:path';
import { type EnvironmentJson, getValue, resolveVariables, setValue } from '../runner/environment.ts';
import { usage } from '../runner/failure.ts';
import { Secrets } from '../runner/mask.ts';
import { checkUrl, type Options } from '../runner/options.ts';
import { fillPort, freePort, wantsPort } from './port.ts';
import { type TargetLife, targetLife } from './target-life.ts';

const WAIT_MS = 60_000;

/**
 * Prepares what `--start` and `--wait-for` ask for, and fills in `{port}`, in the environment too.
 * @param own whether the target is the reference server, which the runner starts by itself
 * @param reports what the folder of the reports is called on the screen
 * @returns undefined where nothing is to be started, and nothing to be waited for
 * @throws Failure (2) where the options do not fit together
 */
export async function prepareTarget(
  { start, waitFor, reportsDir, timeoutMs }: Options,
  environment: EnvironmentJson,
  own: boolean,
  env: NodeJS.ProcessEnv,
  reports: string,
): Promise<TargetLife | undefined> {
  const mcpUrl = getValue(environment, 'mcpUrl');
  const texts = [mcpUrl, waitFor ?? '', start ?? ''];
  const port = texts.some(wantsPort) ? await freePort() : undefined;
  if (port !== undefined && start === undefined)
    throw usage(
      '{port} is a port that the runner chooses for what --start starts: give --start, or name the port',
    );
  if (start === undefined && waitFor === undefined) return undefined;
  const option = start === undefined ? '--wait-for' : '--start';
  if (start !== undefined && process.platform === 'win32')
    throw usage('--start needs process groups, which Windows lacks: start the target, and give --wait-for');
  if (start?.trim() === '') throw usage('--start is empty: give the command that starts the target');
  if (own || mcpUrl === '')
    throw usage(
      `${option} does not say where the target is: add its address, such as --url http://127.0.0.1:${start === undefined ? '3000' : '{port}'}/mcp`,
    );
  const filled = (text: string) => (port === undefined ? text : fillPort(text, port));
  setValue(environment, 'mcpUrl', filled(mcpUrl));
  const target = checkUrl(resolveVariables(environment, filled(mcpUrl)));
  const secrets = Secrets.of(environment);
  return targetLife({
    command: start === undefined ? undefined : filled(start),
    cwd: env.INIT_CWD ?? process.cwd(),
    env: {
      ...env,
      // The client's secret: a server that prints its environment would put it into the log.
      MCP_AUTHORIZATION: undefined,
      ...(port === undefined ? {} : { PORT: String(port) }),
    },
    urls: waitFor === undefined ? [target] : [filled(waitFor), target],
    logFile: join(reportsDir, 'target.log'),
    logName: join(reports, 'target.log'),
    mask: (text) => secrets.mask(text),
    waitMs: Math.min(WAIT_MS, timeoutMs),
  });
}
