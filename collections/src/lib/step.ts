import type { CaseHeader } from './definition.ts';
import { noteReply, type Reply, readReply } from './exchange.ts';
import { commonHeaders } from './handshake.ts';
import { brief, type Message } from './jsonrpc.ts';
import type { CheckRecord, Verdict } from './record.ts';
import { reportCase } from './report.ts';
import type { Pm } from './sandbox.ts';
import { fillArguments, readSettings, type Settings } from './settings.ts';
import { createVerdicts } from './verdicts.ts';

/** When the step began, and what its pre-request script wrote. */
const BEGAN = 'mcp.stepBegan';

/** What a step remembers for the next ones, as collection variables: those that the requests show by name. */
export interface WalkVariables {
  sessionId: string;
  /** The negotiated revision. */
  revision: string;
  /** Whether the server says that it understands `$/cancelRequest`; `yes` or empty. */
  understandsCancelRequest: string;
  /** The id of the call. Postman keeps texts; without quotation marks in a body it is a JSON number. */
  callId: string;
  /** The id of the call that was sent last; empty where none was in this session. */
  sentId: string;
  callKey: string;
  callTool: string;
  /** JSON. */
  callArguments: string;
  /** What the witness is asked about this call, as JSON. */
  witnessArguments: string;
  /** How the call ended; empty while it runs. */
  callEnd: string;
  /** How the cancel met the call; empty where none was sent. */
  cancelMet: 'in flight' | 'late' | '';
}

/** One request of the walkthrough, for the hands. */
export interface StepDefinition extends Pick<CaseHeader, 'id' | 'checks'> {
  name: string;
  /** Markdown: what to click, what to expect, and why. */
  description: string;
  method: 'POST' | 'DELETE';
  /** The body as Postman shows it, variables and all; none for a DELETE. */
  body?: string;
  /** Whether it is sent in the session that the first step opened. */
  inSession: boolean;
  /** Runs in the pre-request script; stands there as written here, so it can use nothing but `walk`. */
  before: (walk: Walk) => void;
  /** Runs in the test script, as above. */
  after: (walk: WalkJudge) => void;
}

/** What `before` works with. */
export interface Walk {
  settings: Settings;
  get<Name extends keyof WalkVariables>(name: Name): WalkVariables[Name] | '';
  set<Name extends keyof WalkVariables>(name: Name, value: WalkVariables[Name]): void;
  /** Prepares the next call: its id, and what the witness is to know it by. */
  prepareCall(): void;
}

/** What `after` works with. */
export interface WalkJudge extends Walk {
  reply: Reply;
  /** The JSON-RPC responses in the reply that carry this id. */
  answers(id: string | number): Message[];
  /** In a few words, such as `error -32800 "Request cancelled"`. */
  brief(message: Message): string;
  check(key: string, ok: boolean, expected: string, observed: string): void;
  notObserved(key: string, why: string): void;
  notApplicable(key: string, why: string): void;
}

/** The two halves of a step. Steps share what they know in collection variables, so that they can be sent one by one. */
export function createSteps(pm: Pm) {
  const get: Walk['get'] = (name) => {
    const value = pm.collectionVariables.get(name);
    return (value === undefined || value === null ? '' : String(value)) as WalkVariables[typeof name] | '';
  };
  const set: Walk['set'] = (name, value) => pm.collectionVariables.set(name, value);

  function walkOf(settings: Settings): Walk {
    const prepareCall = () => {
      const id = Number(get('callId')) + 1;
      const key = `walk-${Date.now().toString(36)}-${id}`;
      // A person needs time for the next click; a runner says how little it needs.
      const seconds = Number(pm.variables.get('callSeconds')) || 30;
      const steps = Math.max(5, Math.round(seconds));
      const pace = { key, steps, intervalMs: Math.round((seconds * 1000) / steps) };
      const role = settings.tools.file ? 'file' : 'slow';
      const json = (of: 'file' | 'slow' | 'state') =>
        JSON.stringify(fillArguments(`${of}Arguments`, settings.arguments[of], pace));
      set('callId', String(id));
      set('callKey', key);
      set('callTool', settings.tools[role]);
      set('callArguments', json(role));
      set('witnessArguments', json('state'));
      set('callEnd', '');
      set('cancelMet', '');
    };
    return { settings, get, set, prepareCall };
  }

  function prepare(body: (walk: Walk) => void): void {
    pm.variables.set(BEGAN, Date.now());
    const settings = readSettings(pm);
    for (const { key, value } of commonHeaders(settings)) pm.request.headers.upsert({ key, value });
    body(walkOf(settings));
    // A server without sessions gave no id, and a header of nothing is no header.
    if (!get('sessionId')) pm.request.headers.remove('Mcp-Session-Id');
    if (!get('revision')) pm.request.headers.remove('MCP-Protocol-Version');
  }

  function conclude(
    { id, checks, inSession }: Pick<StepDefinition, 'id' | 'checks' | 'inSession'>,
    body: (walk: WalkJudge) => void,
  ): void {
    const began = Number(pm.variables.get(BEGAN)) || Date.now();
    const settings = readSettings(pm);
    const reply = readReply(pm.response, pm.response?.code ? null : 'no response');
    const transcript: string[] = [];
    noteReply(transcript, Date.now() - began, 'reply', reply);
    const verdicts = createVerdicts(checks, String(get('revision')));
    const { settle, decide } = verdicts;
    const notObserved = (key: string, why: string) => settle(key, 'not observed', 'a way to see it', why);
    const all = (verdict: Verdict, why: string) => {
      for (const key of Object.keys(checks)) settle(key, verdict, 'a step that can be judged', why);
    };
    try {
      if (inSession && !get('revision'))
        all('not observed', 'there is no session: send the first step, Initialize');
      else
        body({
          ...walkOf(settings),
          reply,
          answers: (wanted) =>
            reply.messages.filter((message) => message.id === wanted && message.method === undefined),
          brief,
          check: decide,
          notObserved,
          notApplicable: (key, why) => settle(key, 'not applicable', 'something to judge', why),
        });
    } catch (error) {
      all('error', error instanceof Error ? error.message : String(error));
    }
    const judged: CheckRecord[] = verdicts.all();
    reportCase(pm, {
      id,
      began,
      title: pm.info.requestName,
      transcript,
      cancelled: null,
      waitedMs: 0,
      checks: judged,
      strict: settings.strict,
      trace: settings.trace,
    });
  }

  return { prepare, conclude };
}
