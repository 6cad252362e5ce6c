import { monitorEventLoopDelay } from 'node:perf_hooks';
import newman, { type NewmanRunOptions, type NewmanRunSummary } from 'newman';
import type { CaseRecord } from '../../collections/src/lib/record.ts';
import { keepConsole } from '../report/htmlextra.ts';
import { createAgents } from './agent.ts';
import { type EnvironmentJson, getValue } from './environment.ts';
import {
  ExchangeRecorder,
  type History,
  mapTexts,
  type ReceivedResponse,
  type SentRequest,
} from './exchanges.ts';
import { Secrets } from './mask.ts';
import { caseId, type Planned } from './plan.ts';
import { watchRejections } from './rejections.ts';
import type { ExchangeResult } from './results.ts';

/** Where one in a hundred event loop delays is above this, in milliseconds, timings are doubtful. */
const LAG_MS = 100;

const INTERRUPTED = 'the run was interrupted';

export interface RunOutcome {
  planned: Planned;
  revision: string;
  records: CaseRecord[];
  /** Of each case that reported, by its id. */
  exchanges: Map<string, ExchangeResult[]>;
  assertions: number;
  startedAt: number;
  durationMs: number;
  maxLoopLagMs: number;
  lag: boolean;
  /** Everything by which Newman would have reported success for something that was not tested. */
  problems: string[];
  /** What the reporters are given; secrets are masked. Null where Newman did not finish. */
  summary: NewmanRunSummary | null;
}

export interface RunOptions {
  timeoutMs: number;
  /** When the time began to count, in milliseconds since 1970, where that was before this run. */
  since?: number;
  signal?: AbortSignal;
  /** Told when a case begins. */
  onStart?: (title: string) => void;
  /** Told when a case has been judged. */
  onCase?: (record: CaseRecord, ms: number) => void;
}

// What Newman's events carry, as far as it is used here; the published types leave these out.
interface Cursor {
  scriptId?: string;
  httpRequestId: string;
}
interface Triggers {
  run: {
    triggers: Record<string, (error: unknown, cursor: Cursor, ...rest: unknown[]) => unknown>;
    abort(): void;
  };
}
interface ScriptEvent {
  item: { name: string };
  executions: Array<{
    error?: Error;
    result?: { _variables?: { values?: { all(): Array<{ key: string; value: unknown }> } } };
  }>;
}

/**
 * Runs one collection with Newman, reads the cases' records, and gates against false greens.
 * Never rejects: what goes wrong is told in `problems`.
 */
export async function runCollection(
  planned: Planned,
  environment: EnvironmentJson,
  options: RunOptions,
): Promise<RunOutcome> {
  const secrets = Secrets.of(environment);
  const agents = createAgents(longestExchangeMs(environment));
  const lag = monitorEventLoopDelay({ resolution: 10 });
  lag.enable();
  const startedAt = Date.now();
  const records: CaseRecord[] = [];
  const recorder = new ExchangeRecorder(secrets);
  const exchanges = new Map<string, ExchangeResult[]>();
  const problems: string[] = [];
  const problem = (text: string) => problems.push(secrets.mask(text));

  let itemName = '';
  let itemStarted = startedAt;
  let itemAssertions = 0;
  let assertions = 0;
  const newmanEnds = (resolve: (summary: NewmanRunSummary | null) => void) => {
    if (options.signal?.aborted) {
      problem(INTERRUPTED);
      return resolve(null);
    }
    const emitter = newman.run(
      {
        collection: planned.collection,
        environment,
        reporters: [],
        color: 'off',
        // For the times at which an exchange was on the wire.
        verbose: true,
        requestAgents: { http: agents.http, https: agents.https },
      } as unknown as NewmanRunOptions,
      (error, done) => {
        if (error) problem(`Newman stopped: ${describe(error)}`);
        resolve(done ?? null);
      },
    );
    keepConsole(emitter);

    let abort = () => {};
    const giveUp = (why: string) => {
      problem(why);
      abort();
      agents.hangUpAll();
      // An item that waits for ever does not notice that its run was aborted.
      setTimeout(() => resolve(null), 1000);
    };
    const timer = setTimeout(
      () =>
        giveUp(
          `the run was not done after ${options.timeoutMs / 1000} s; raise --timeout, or see what hangs in reports/`,
        ),
      options.timeoutMs - (startedAt - (options.since ?? startedAt)),
    );
    const stop = () => giveUp(INTERRUPTED);
    options.signal?.addEventListener('abort', stop, { once: true });
    emitter.once('done', () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', stop);
    });

    emitter.once('start', (_error: unknown, { run }: Triggers) => {
      abort = () => run.abort();
      setAsideScriptRequests(run);
      // Outside of that one, which passes on less.
      record(run, recorder);
    });
    emitter.on('beforeItem', (_error: unknown, { item }: { item: { name: string } }) => {
      itemName = item.name;
      itemStarted = Date.now();
      itemAssertions = 0;
      recorder.next();
      options.onStart?.(item.name);
    });
    emitter.on('assertion', () => {
      assertions += 1;
      itemAssertions += 1;
    });
    emitter.on('exception', (_error: unknown, { error }: { error: unknown }) =>
      problem(`a script of ${itemName} threw outside of a test: ${describe(error)}`),
    );
    for (const event of ['prerequest', 'test'])
      emitter.on(event, (_error: unknown, { item, executions }: ScriptEvent) => {
        for (const { error } of executions)
          if (error) problem(`the ${event} script of ${item.name} failed: ${describe(error)}`);
      });
    emitter.on('test', (_error: unknown, { item, executions }: ScriptEvent) => {
      const record = readRecord(executions);
      if (!record || record.case !== caseId(item.name)) return;
      records.push(record);
      exchanges.set(record.case, recorder.take(record.began));
      options.onCase?.(record, Date.now() - itemStarted);
    });
    emitter.on('item', (error: unknown, { item }: { item: { name: string } }) => {
      if (error) problem(`${item.name} failed: ${describe(error)}`);
      if (itemAssertions === 0) problem(`${item.name} asserted nothing`);
    });
  };
  const summary = await watchRejections(
    (reason) => problem(`a rejection was left unhandled while ${itemName} ran: ${describe(reason)}`),
    () => new Promise(newmanEnds),
  );

  lag.disable();
  agents.http.destroy();
  agents.https.destroy();

  const reported = records.map((record) => record.case);
  const missing = planned.expected.filter((id) => !reported.includes(id));
  if (missing.length > 0)
    problem(`${missing.length} of ${planned.expected.length} cases reported nothing: ${missing.join(', ')}`);
  const maxLoopLagMs = Math.round(lag.max / 1e6);
  return {
    planned,
    revision: getValue(environment, 'protocolVersion'),
    records: secrets.maskResults(records),
    exchanges: new Map(
      [...exchanges].map(([id, all]) => [id, all.map((one) => mapTexts(one, (text) => secrets.mask(text)))]),
    ),
    assertions,
    startedAt,
    durationMs: Date.now() - startedAt,
    maxLoopLagMs,
    lag: lag.percentile(99) / 1e6 > LAG_MS,
    problems,
    summary: summary && secrets.maskDeep(summary),
  };
}

/** Longer than any exchange that a target in good health keeps open for the suite, in milliseconds. */
function longestExchangeMs(environment: EnvironmentJson): number {
  const number = (name: string) => Number(getValue(environment, name)) || 0;
  const settleMs = number('settleMs');
  const ms = 3 * Math.max(number('steps') * number('intervalMs'), settleMs) + settleMs + 10_000;
  // No timer can wait for longer.
  return Math.min(ms, 2 ** 31 - 1);
}

/** Has every exchange of a run recorded, those of its scripts among them. */
function record(run: Triggers['run'], recorder: ExchangeRecorder): void {
  const { beforeRequest, request, responseData } = run.triggers;
  run.triggers.beforeRequest = function (this: unknown, error, cursor, sent, ...rest) {
    recorder.begin(cursor.httpRequestId, sent as SentRequest);
    return beforeRequest?.call(this, error, cursor, sent, ...rest);
  };
  run.triggers.request = function (this: unknown, error, cursor, response, sent, item, cookies, history) {
    recorder.end(
      cursor.httpRequestId,
      error as Error | null,
      response as ReceivedResponse,
      sent as SentRequest,
      history as History,
    );
    return request?.call(this, error, cursor, response, sent, item, cookies, history);
  };
  // The one trigger that is given no error.
  run.triggers.responseData = function (this: unknown, cursor, ...rest) {
    recorder.chunk((cursor as Cursor).httpRequestId);
    return responseData?.call(this, cursor, ...(rest as [Cursor]));
  };
}

/**
 * Keeps the requests of scripts out of Newman's books. Newman files them under their item, so that the last of
 * them would stand in every report in place of the item's own request, and it takes each that fails for a
 * failure of the run.
 */
function setAsideScriptRequests(run: Triggers['run']): void {
  for (const name of ['beforeRequest', 'request']) {
    const original = run.triggers[name];
    if (!original) continue;
    run.triggers[name] = function (this: unknown, error, cursor, ...rest) {
      return cursor?.scriptId ? undefined : original.call(this, error, cursor, ...rest);
    };
  }
}

function readRecord(executions: ScriptEvent['executions']): CaseRecord | undefined {
  for (const { result } of executions) {
    const value = result?._variables?.values?.all().find((variable) => variable.key === 'mcp.record')?.value;
    if (typeof value === 'string') return JSON.parse(value);
  }
  return undefined;
}

function describe(error: unknown): string {
  const { name, message } = (error ?? {}) as Error;
  return message ? `${name ? `${name}: ` : ''}${message}` : String(error);
}
