import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../server/app.ts';
import { createDeaf } from '../../server/applications/broken.ts';
import { createApplications } from '../../server/applications/index.ts';
import { type Config, readConfig } from '../../server/config.ts';
import type { Offer } from '../../server/tools/index.ts';
import { bothRuntimes } from '../runner/both-runtimes.ts';
import { runMain } from '../runner/run-main.ts';
import { APPLICATIONS } from './preset.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'mcp-modes-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

async function serve(
  settings: Partial<Config> = {},
  create: (config: Config) => Promise<Offer> = createApplications,
): Promise<string> {
  const config = { ...readConfig({}), dataDir, ...settings };
  const app = createApp(config, pino({ level: 'silent' }), await create(config));
  onTestFinished(() => app.close());
  return app.listen();
}

describe.each([
  ['error', 'sse', 'error -32800'],
  ['none', 'sse', 'no response, closed'],
  ['error', 'json', 'error -32800'],
  ['none', 'json', 'accepted 202'],
] as const)('the applications with CANCEL_REPLY=%s RESPONSE_MODE=%s', (cancelReply, responseMode, fate) => {
  it('are green', async () => {
    const url = await serve({ cancelReply, responseMode });
    const args = ['--url', url, '--env-var', `cancelReply=${cancelReply}`];
    const { exitCode, screen, cases } = await runMain(args, { preset: APPLICATIONS });
    expect(exitCode, screen).toBe(0);
    const other = cases().flatMap(({ id, checks }) =>
      checks.flatMap(({ verdict, title }) => (verdict === 'pass' ? [] : `${id} ${verdict}: ${title}`)),
    );
    expect(other).toEqual(
      responseMode === 'sse'
        ? []
        : [
            'A-TRAIN-2 not applicable: DERIVED tell a loss that falls',
            'A-AGENT-1 not applicable: DERIVED withdraw its question to the client',
          ],
    );
    expect(new Set(cases().flatMap((one) => one.fate ?? []))).toEqual(new Set([fate]));
  });
});

it('the applications come to the same verdicts on the current postman-runtime', async () => {
  const { ids, newman, current } = await bothRuntimes('applications', [], await serve(), APPLICATIONS);
  expect(current).toEqual(newman);
  expect(current.map(({ id }) => id)).toEqual(ids);
});

it('a tool that does not hear of its cancel is red, with the command that runs it again', async () => {
  const url = await serve({}, (config) => createDeaf(config, ['call_api']));
  const args = ['--url', url, '--case', 'A-API-*'];
  const { exitCode, screen } = await runMain(args, { preset: APPLICATIONS });
  expect(exitCode).toBe(1);
  expect(screen.replace(/\s+/g, ' ')).toContain(`npm run applications -- --case A-API-1 --url ${url}`);
});

it('a server without the applications is told what it lacks', async () => {
  const args = ['--env-var', 'fileTool=', '--case', 'A-QUERY-1'];
  const app = createApp(readConfig({}), pino({ level: 'silent' }));
  onTestFinished(() => app.close());
  const { exitCode, screen } = await runMain([...args, '--url', await app.listen()], {
    preset: APPLICATIONS,
  });
  expect(exitCode).toBe(3);
  expect(screen.replace(/\s+/g, ' ')).toContain('the server has to be started with TOOLS=applications');
});
