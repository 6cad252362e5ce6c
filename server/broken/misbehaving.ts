/**
 * Broken in whichever one way it is asked for: the server that proves that a check of the suite can fail.
 *
 * Without a fault it cancels as it should. It is raw `node:http`, because an SDK would not do most of these.
 */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type BareServer, runIfMain } from './bare.ts';

export const FAULTS = {
  'initialize-without-revision': 'does not say which revision it speaks',
  'initialize-without-capabilities': 'does not say what it can do',
  'initialize-without-name': 'does not say what it is called',
  'bad-session-id': 'puts a space into its session ids',
  'initialized-200': 'answers notifications/initialized with 200',
  'initialized-body': 'answers notifications/initialized with a body',
  'hides-tools': 'does not list the tool process_large_file',
  'cancel-200': 'answers a cancel with 200',
  'cancel-body': 'answers a cancel with a body',
  'cancel-unanswered': 'never answers a cancel',
  'unknown-cancel-answered': 'answers a cancel that names no running call with a JSON-RPC error',
  'late-cancel-500': 'breaks on a cancel that names no running call',
  'late-cancel-ends-session': 'ends the session on a cancel that names no running call',
  'remembers-early-cancels': 'cancels a call whose id was named before it came',
  'ignores-cancel': 'lets a cancelled call go on to its result',
  'cancels-all': 'cancels every call of the session, whichever id is named',
  'cancels-oldest': 'cancels the oldest running call in place of the named one',
  'cancels-latest': 'cancels the latest running call in place of the named one',
  'cancels-across-sessions': 'cancels a call of another session',
  'cancels-twice': 'lets a cancelled call be cancelled again',
  'coerces-ids': 'takes 7 and "7" for one id',
  'cancel-id-as-number': 'reads the id in a cancel as a number',
  'cancel-id-as-string': 'reads the id in a cancel as a string',
  'answers-under-string-id': 'answers a call under its id as a string',
  'keeps-handler-running': 'ends the exchange and says the handler ended, but it works on',
  'pauses-then-goes-on': 'the same, and the handler rests for 240 ms before it works on',
  'never-ends-handler': 'stops the work, but its handler hangs',
  'finishes-instead': 'does all the rest of the work at once',
  'slow-to-stop': 'takes 900 ms to stop',
  'slow-to-end': 'stops, and ends the exchange 900 ms later',
  'leaves-open': 'stops, and never ends the exchange',
  'drops-connection': 'ends the exchange by cutting the connection',
  'answers-nothing': 'ends the exchange without an answer',
  'answers-with-result': 'ends the exchange with a result',
  'error-without-reason': 'answers with an error that does not tell the reason',
  'wrong-error-code': 'answers with an error that does not tell a cancel',
  'progress-after-end': 'sends progress after the answer',
  'progress-not-rising': 'repeats its progress',
  'no-logs': 'logs nothing',
  'keeps-temp': 'does not clean up',
  'forgets-reason': 'does not keep the reason',
  'cancel-ends-session': 'ends the session with the cancelled call',
  'dies-on-cancel': 'does not survive a cancel',
  'no-ping-after-cancel': 'answers no ping once something was cancelled',
  'no-list-after-cancel': 'lists no tools once something was cancelled',
  'no-call-after-cancel': 'starts no call once something was cancelled',
  'file-without-text': 'does not say which file it has processed',
  'file-without-counts': 'counts nothing in the file',
  'plain-witness': 'its witness tells the ticks and the end, and nothing else',
  'constant-witness': 'its witness tells the same for ever',
  'forgetful-witness': 'its witness forgets a cancelled call',
} as const;

export type Fault = keyof typeof FAULTS;

type Id = string | number;

interface Message {
  id?: Id;
  method: string;
  params?: {
    name?: string;
    arguments?: Args;
    requestId?: Id;
    reason?: string;
    _meta?: { progressToken?: Id };
  };
}

interface Args extends Partial<Record<'key' | 'filename', string>> {
  steps?: number;
  interval_ms?: number;
  processing_time?: number;
  tick_ms?: number;
}

interface Call {
  id: Id;
  token: Id | undefined;
  res: ServerResponse;
  /** Answered or cancelled. */
  over: boolean;
  /** Tells the handler to stop. */
  stopped: boolean;
  /** Milliseconds that the handler rests before its next tick. */
  restMs: number;
  state: {
    handler: 'running' | 'ended';
    ticks: number;
    finished: number;
    cancelled: number;
    cleaned_up: boolean;
    reason: string | null;
  };
}

interface Session {
  id: string;
  calls: Call[];
  /** The ids that cancels have named. */
  named: Id[];
  open: Set<ServerResponse>;
}

/** Starts one server with one fault; with none, it is a good one. */
export async function start(fault: Fault | null = null, { port = 0 } = {}): Promise<BareServer> {
  const broken = (...faults: Fault[]) => fault !== null && faults.includes(fault);
  const sessions = new Map<string, Session>();
  const witness = new Map<string, Call['state']>();

  const server = http.createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const session = sessions.get(String(req.headers['mcp-session-id'] ?? ''));
    if (req.method === 'DELETE' && session) return void res.end(end(session));
    if (req.method !== 'POST') return void res.writeHead(405).end();
    const message: Message = JSON.parse(body);
    if (message.method === 'initialize') return initialize(message, res);
    if (!session) return void res.writeHead(404).end();
    session.open.add(res.on('close', () => session.open.delete(res)));
    if (message.method === 'notifications/cancelled') return cancel(session, message, res);
    if (message.id === undefined)
      return void res
        .writeHead(broken('initialized-200') ? 200 : 202)
        .end(broken('initialized-body') ? '{}' : '');
    return answer(session, message, res);
  });

  function end(session: Session): void {
    sessions.delete(session.id);
    for (const call of session.calls) call.stopped = true;
    for (const res of session.open) res.end();
  }

  function initialize({ id }: Message, res: ServerResponse): void {
    const session = `${broken('bad-session-id') ? 'session ' : ''}${randomUUID()}`;
    sessions.set(session, { id: session, calls: [], named: [], open: new Set() });
    res.setHeader('mcp-session-id', session);
    reply(res, id, {
      ...(!broken('initialize-without-revision') && { protocolVersion: '2025-11-25' }),
      ...(!broken('initialize-without-capabilities') && { capabilities: { tools: {}, logging: {} } }),
      ...(!broken('initialize-without-name') && { serverInfo: { name: 'misbehaving', version: '1.0.0' } }),
    });
  }

  function cancel(session: Session, { params }: Message, res: ServerResponse): void {
    const named = params?.requestId ?? '';
    const wanted = broken('cancel-id-as-number')
      ? Number(named)
      : broken('cancel-id-as-string')
        ? String(named)
        : named;
    const same = (id: Id) => (broken('coerces-ids') ? String(id) === String(wanted) : id === wanted);
    const near = broken('cancels-across-sessions') ? [...sessions.values()] : [session];
    const running = near.flatMap(({ calls }) => calls).filter(({ over }) => !over);
    const called = running.find(({ id }) => same(id));
    const targets = broken('cancels-all') ? running : called ? [called] : [];
    if (called && broken('cancels-oldest')) targets[0] = running[0] ?? called;
    if (called && broken('cancels-latest')) targets[0] = running.at(-1) ?? called;
    session.named.push(named);

    if (!called && broken('late-cancel-500')) return void res.writeHead(500).end();
    if (!called && broken('unknown-cancel-answered')) {
      const error = { code: -32602, message: 'unknown request' };
      return void res.writeHead(400).end(JSON.stringify({ jsonrpc: '2.0', id: named, error }));
    }
    if (!broken('cancel-unanswered'))
      res.writeHead(broken('cancel-200') ? 200 : 202).end(broken('cancel-body') ? '{"ok":true}' : '');
    if (broken('cancels-twice'))
      for (const { id, over, state } of session.calls) if (over && same(id)) state.cancelled += 1;
    if (!broken('ignores-cancel')) for (const target of targets) stop(session, target, params?.reason);
    if (!called && broken('late-cancel-ends-session')) end(session);
    if (broken('dies-on-cancel')) res.on('finish', () => setImmediate(close));
  }

  async function stop(session: Session, call: Call, reason = ''): Promise<void> {
    const { res, state } = call;
    call.over = true;
    if (broken('slow-to-stop')) await setTimeout(900);
    state.cancelled += 1;
    if (!broken('forgets-reason')) state.reason = reason;
    if (broken('keeps-handler-running', 'pauses-then-goes-on')) state.handler = 'ended';
    else call.stopped = true;
    if (broken('pauses-then-goes-on')) call.restMs = 240;
    if (broken('finishes-instead')) state.finished += 1;
    if (broken('leaves-open')) return;
    if (broken('slow-to-end')) await setTimeout(900);
    if (broken('drops-connection')) return void res.destroy();
    if (broken('answers-with-result')) send(res, { id: idOf(call), result: { content: [] } });
    else if (!broken('answers-nothing')) {
      const data = broken('error-without-reason') ? {} : { reason };
      const code = broken('wrong-error-code') ? -32603 : -32800;
      send(res, { id: idOf(call), error: { code, message: 'Request cancelled', data } });
    }
    if (broken('progress-after-end')) progress(call, state.ticks + 1);
    res.end();
    if (broken('cancel-ends-session')) end(session);
  }

  function answer(session: Session, { id = '', method, params }: Message, res: ServerResponse) {
    const after = session.named.length > 0;
    const refused =
      (method === 'ping' && broken('no-ping-after-cancel')) ||
      (method === 'tools/list' && broken('no-list-after-cancel')) ||
      (params?.name === 'slow' && broken('no-call-after-cancel'));
    if (after && refused) return reply(res, id, undefined, { code: -32603, message: 'not after a cancel' });
    if (method === 'ping') return reply(res, id, {});
    if (method === 'tools/list') return reply(res, id, { tools: tools() });
    const args = params?.arguments ?? {};
    if (params?.name === 'state') return reply(res, id, tell(witness.get(args.key ?? '')));
    return void run(session, id, params, args, res);
  }

  function tools(): object[] {
    const names = ['slow', 'state', 'quick', ...(broken('hides-tools') ? [] : ['process_large_file'])];
    return names.map((name) => ({ name, inputSchema: { type: 'object' } }));
  }

  function tell(state: Call['state'] | undefined): object {
    if (!state || (state.cancelled > 0 && broken('forgetful-witness'))) return { isError: true, content: [] };
    const { ticks, finished } = state;
    if (broken('constant-witness')) return { content: [], structuredContent: { ticks: 5, finished: 0 } };
    return { content: [], structuredContent: broken('plain-witness') ? { ticks, finished } : state };
  }

  /** The handler of every tool that takes time. */
  async function run(session: Session, id: Id, params: Message['params'], args: Args, res: ServerResponse) {
    const file = params?.name === 'process_large_file' ? args.filename : undefined;
    const { steps = args.processing_time ?? 1, interval_ms = args.tick_ms ?? 30, key = randomUUID() } = args;
    const state: Call['state'] = {
      handler: 'running',
      ticks: 0,
      finished: 0,
      cancelled: 0,
      cleaned_up: false,
      reason: null,
    };
    const token = params?._meta?.progressToken;
    const call: Call = { id, token, res, over: false, stopped: false, restMs: 0, state };
    session.calls.push(call);
    witness.set(key, state);
    const log = (data: string) =>
      file &&
      !broken('no-logs') &&
      send(res, { method: 'notifications/message', params: { level: 'info', data } });
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    log(`Starting to process ${file}`);
    if (broken('remembers-early-cancels') && session.named.includes(id)) stop(session, call);
    while (state.ticks < steps) {
      await setTimeout(interval_ms + call.restMs, undefined, { ref: false });
      call.restMs = 0;
      if (call.stopped) break;
      state.ticks += 1;
      progress(call, broken('progress-not-rising') ? 1 : state.ticks);
      log(`Processed chunk ${state.ticks}/${steps}`);
    }
    if (call.stopped && broken('never-ends-handler')) return;
    state.cleaned_up = !(call.over && broken('keeps-temp'));
    state.handler = 'ended';
    if (call.stopped) return;
    state.finished += 1;
    if (call.over) return;
    call.over = true;
    const text = file && !broken('file-without-text') ? `Successfully processed ${file}` : 'done';
    const counts = broken('file-without-counts') ? { lines: 0, bytes: 0 } : { lines: 3, bytes: 30 };
    send(res, { id: idOf(call), result: { content: [{ type: 'text', text }], structuredContent: counts } });
    res.end();
  }

  function idOf({ id }: Call): Id {
    return broken('answers-under-string-id') ? String(id) : id;
  }

  function progress({ res, token }: Call, progress: number): void {
    if (token !== undefined)
      send(res, { method: 'notifications/progress', params: { progressToken: token, progress } });
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, close };
}

function reply(res: ServerResponse, id: Id | undefined, result: object | undefined, error?: object): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  send(res, { id, result, error });
  res.end();
}

function send(res: ServerResponse, message: object): void {
  if (!res.writableEnded) res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
}

await runIfMain(import.meta.url, (options) => {
  const fault = process.env.FAULT as Fault | undefined;
  if (fault && !(fault in FAULTS))
    throw new Error(`FAULT is ${fault}: it must be one of ${Object.keys(FAULTS).join(', ')}`);
  return start(fault, options);
});
