import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import newman, { type NewmanRunOptions } from 'newman';
import type { CaseRecord } from '../../collections/src/lib/record.ts';

const FILE = new URL('../../collections/walkthrough.postman_collection.json', import.meta.url);
const ENVIRONMENT = new URL('../../environments/reference.postman_environment.json', import.meta.url);

type Values = Map<string, string>;
interface ScriptEvent {
  executions: Array<{
    result?: {
      collectionVariables?: { values: { all(): Array<{ key: string; value: unknown }> } };
      _variables?: { values: { all(): Array<{ key: string; value: unknown }> } };
    };
  }>;
}
export interface Sent {
  record: CaseRecord;
  /** What was sent, variables filled in. */
  body: string;
  reply: string;
  code: number;
  status: string;
  contentType: string;
}

/**
 * The walkthrough as Postman holds it for a person: what it keeps between two clicks on Send.
 * @param callSeconds how long the call lasts
 */
export function workspace(mcpUrl: string, callSeconds = '30') {
  const collection = JSON.parse(readFileSync(FILE, 'utf8'));
  const environment = JSON.parse(readFileSync(ENVIRONMENT, 'utf8'));
  environment.values.push({ key: 'callSeconds', value: callSeconds, enabled: true });
  for (const one of environment.values) if (one.key === 'mcpUrl') one.value = mcpUrl;
  const items: Array<{ name: string }> = collection.item.flatMap((folder: { item: object[] }) => folder.item);
  const kept: Values = new Map(
    collection.variable.map(({ key, value }: { key: string; value: string }) => [key, value]),
  );

  /** Opens the request in a tab and sends it; `prepared` when its own pre-request script is through. */
  function send(id: string): { prepared: Promise<unknown>; sent: Promise<Sent> } {
    const seen = new Map(kept);
    const item = items.filter(({ name }) => name.startsWith(`${id} `));
    const variable = [...kept].map(([key, value]) => ({ key, value }));
    const run = newman.run({
      collection: { ...collection, item, variable },
      environment,
      reporters: [],
    } as unknown as NewmanRunOptions);
    const sent: Sent = {
      record: {} as CaseRecord,
      body: '',
      reply: '',
      code: 0,
      status: '',
      contentType: '',
    };
    for (const event of ['prerequest', 'test'])
      run.on(event, (_error: unknown, { executions }: ScriptEvent) => {
        for (const { result } of executions) {
          // Postman keeps what a script changed, and leaves alone what another tab changed meanwhile.
          for (const { key, value } of result?.collectionVariables?.values.all() ?? [])
            if (seen.get(key) !== String(value)) {
              seen.set(key, String(value));
              kept.set(key, String(value));
            }
          const record = result?._variables?.values.all().find(({ key }) => key === 'mcp.record')?.value;
          if (record) sent.record = JSON.parse(String(record));
        }
      });
    run.on('request', (_error: unknown, { request, response }) => {
      sent.body = request?.body?.raw ?? '';
      sent.reply = response?.text() ?? '';
      sent.code = response?.code ?? 0;
      sent.status = response?.status ?? '';
      sent.contentType = response?.headers.get('content-type') ?? '';
    });
    return { prepared: once(run, 'prerequest'), sent: once(run, 'done').then(() => sent) };
  }
  return { kept, send: (id: string) => send(id).sent, open: send };
}

/** Sends the step that looks at the call's state until the call runs. */
export async function untilRunning(send: (id: string) => Promise<Sent>, id: string): Promise<void> {
  for (let i = 0; i < 100; i++) if ((await send(id)).record.checks[0]?.observed.includes(' ticks, ')) return;
  throw new Error('the call never ran');
}
