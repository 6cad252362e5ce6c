import { createClock } from './clock.ts';
import type { Arrange, CaseHeader, Judge, Revision } from './definition.ts';
import { noteReply, type Reply, readReply } from './exchange.ts';
import { request, responsesTo } from './jsonrpc.ts';
import type { CheckRecord, Level, Verdict } from './record.ts';
import { type JudgedCase, RECORD, reportCase } from './report.ts';
import type { ClearTimer, Pm, SetTimer } from './sandbox.ts';
import {
  awaitEnd,
  awaitedSteps,
  cancelAndWatch,
  cancelInFlight,
  describeEnd,
  endlessSteps,
  isResult,
  untilRunning,
  type Watched,
} from './scenarios.ts';
import {
  commonHeaders,
  describeReply,
  openSession,
  readInitialized,
  readWitness,
  resumeSession,
  type Script,
  type Session,
  type SessionState,
  sessionHeaders,
} from './session.ts';
import { fillArguments, readSettings, type Settings } from './settings.ts';
import { judge } from './verdict.ts';

/** The variable that carries a case from its pre-request script to its test script. */
const STATE = 'mcp.state';
/** The variables that a main request's body may refer to. */
const EVIDENCE = 'evidenceRequest';

interface CaseState {
  header: CaseHeader;
  title: string;
  began: number;
  transcript: string[];
  sessions: SessionState[];
  /** Why nothing is to be judged, where that is so. */
  stopped: { verdict: 'error' | 'not applicable'; why: string } | null;
  cancelled: JudgedCase['cancelled'];
  /** Whether the main request reads the witness. */
  asksWitness: boolean;
  seen: unknown;
}

class NotApplicable extends Error {}

/** The two halves of a case: `before` in its pre-request script, `after` in its test script. */
export function createSuite(pm: Pm, setTimer: SetTimer, clearTimer: ClearTimer) {
  function scriptOf(state: CaseState): Script {
    const clock = createClock(setTimer, clearTimer, state.began);
    return { pm, clock, settings: readSettings(pm), transcript: state.transcript };
  }

  /**
   * Runs a case up to its main request. Whatever goes wrong is kept for `after` to tell: a pre-request
   * script that throws would still send the request, and report nothing.
   */
  async function before(header: CaseHeader, body: (t: Arrange) => Promise<unknown>): Promise<void> {
    const state: CaseState = {
      header,
      title: pm.info.requestName,
      began: Date.now(),
      transcript: [],
      sessions: [],
      stopped: null,
      cancelled: null,
      asksWitness: false,
      seen: null,
    };
    pm.variables.unset(RECORD);
    pm.variables.set(EVIDENCE, JSON.stringify(request('evidence', 'ping')));
    const sessions: Session[] = [];
    try {
      const script = scriptOf(state);
      for (const { key, value } of commonHeaders(script.settings)) pm.request.headers.upsert({ key, value });
      const { t, finish } = await arrange(script, state, sessions);
      state.seen = (await body(t)) || null;
      await finish();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      state.stopped = { verdict: error instanceof NotApplicable ? 'not applicable' : 'error', why };
      // A call that is still running would keep this script from ending.
      if (state.stopped.verdict === 'error') for (const session of sessions) await session.end();
    }
    state.sessions = sessions.map((session) => session.state);
    pm.variables.set(STATE, JSON.stringify(state));
  }

  async function arrange(script: Script, state: CaseState, sessions: Session[]) {
    const { settings, clock } = script;
    const releases: Array<() => Promise<void>> = [];
    let evidenceKey: string | null = null;

    const open = async (lane: string, initialized = true) => {
      const session = await openSession(script, lane, initialized);
      sessions.push(session);
      if (initialized && !(await session.ping()))
        throw new Error('sanity: the new session does not answer a ping');
      return session;
    };
    const remember = ({ cancelled, release }: Watched) => {
      if (release) releases.push(release);
      state.cancelled = cancelled;
      evidenceKey = cancelled.key;
      return cancelled;
    };
    const first =
      state.header.session === 'none' ? null : await open('session', state.header.session === 'ready');

    const t: Arrange = {
      settings,
      clock,
      get session() {
        if (!first) throw new Error('this case asked for no session');
        return first;
      },
      open: (lane) => open(lane),
      awaitedSteps: awaitedSteps(settings),
      endlessSteps: endlessSteps(settings),
      untilRunning: (session, call) => untilRunning(script, session, call),
      cancelInFlight: async (tool, options) =>
        remember(await cancelInFlight(script, t.session, tool, options)),
      cancelAndWatch: async (session, call, reason) =>
        remember(await cancelAndWatch(script, session, call, reason)),
      awaitEnd: (call) => awaitEnd(script, call),
      isResult,
      describeEnd,
      showWitness: (key) => {
        evidenceKey = key;
      },
      notApplicable: (why) => {
        throw new NotApplicable(why);
      },
    };

    /** Releases what the target left open, and prepares the main request. */
    async function finish(): Promise<void> {
      await Promise.all(releases.map((release) => release()));
      for (const session of sessions) if (session.isBusy()) await session.end();
      let current = sessions.filter((session) => !session.state.ended)[0];
      if (!current && first) current = await open('session 2');
      if (current)
        for (const { key, value } of sessionHeaders(current.state)) pm.request.headers.upsert({ key, value });
      if (!settings.tools.state || evidenceKey === null) return;
      const params = {
        name: settings.tools.state,
        arguments: fillArguments('stateArguments', settings.arguments.state, {
          key: evidenceKey,
          steps: settings.steps,
          intervalMs: settings.intervalMs,
        }),
      };
      pm.variables.set(EVIDENCE, JSON.stringify(request('evidence', 'tools/call', params)));
      state.asksWitness = true;
    }
    return { t, finish };
  }

  /** Judges a case on what `before` has seen and on the main request's reply, and reports every check. */
  async function after<Seen>(body: (t: Judge, seen: Seen) => void | Promise<void>): Promise<void> {
    const state: CaseState | null = JSON.parse(String(pm.variables.get(STATE) || 'null'));
    pm.variables.unset(STATE);
    if (!state || state.title !== pm.info.requestName) {
      pm.test('harness: the pre-request script has run', () => {
        throw new Error('there is nothing to judge: the pre-request script of this request did not finish');
      });
      return;
    }
    const { checks } = state.header;
    const judged: Record<string, CheckRecord> = {};
    let strict: Settings['strict'] = 'effect';
    let trace: Settings['trace'] = 'red';
    const settle = (key: string, verdict: Verdict, expected: string, observed: string) => {
      const check = checks[key];
      if (!check) throw new Error(`the case declares no check ${key}`);
      const level = levelIn(state, check.level);
      judged[key] = {
        level: level || 'DERIVED',
        title: `${level || 'DERIVED'} ${check.text}`,
        spec: check.spec,
        verdict: level ? verdict : 'not applicable',
        expected,
        observed: level ? observed : `the rule is not in revision ${revisionOf(state)}`,
      };
    };

    let failure = state.stopped;
    try {
      const script = scriptOf(state);
      strict = script.settings.strict;
      trace = script.settings.trace;
      const reply = readReply(pm.response, pm.response?.code ? null : 'no response');
      noteReply(state.transcript, script.clock.now(), 'evidence', reply);
      const sessions = state.sessions.map((session) => resumeSession(script, session));
      if (!failure) {
        const t = judgeWith(script, state, reply, sessions, settle);
        await body(t, state.seen as Seen);
        if (state.asksWitness && responsesTo('evidence', reply.messages).length === 0)
          failure = { verdict: 'error', why: `the witness did not answer: ${describeReply(reply)}` };
        else if (!(await sane(script, sessions)))
          failure = {
            verdict: 'error',
            why: 'sanity: the target no longer opens a session that answers a ping',
          };
      }
      for (const session of sessions) await session.end();
    } catch (error) {
      failure = { verdict: 'error', why: error instanceof Error ? error.message : String(error) };
    }

    for (const key of Object.keys(checks)) {
      // What was seen to be broken stays so, even where the target then broke altogether.
      if (failure && judged[key]?.verdict !== 'fail')
        settle(key, failure.verdict, 'a case that can be judged', failure.why);
      else if (!judged[key]) settle(key, 'error', 'a verdict', 'the case said nothing about this check');
    }
    const { title, transcript, cancelled } = state;
    reportCase(pm, {
      id: state.header.id,
      title,
      transcript,
      cancelled,
      checks: Object.values(judged),
      strict,
      trace,
    });
  }

  function judgeWith(
    script: Script,
    state: CaseState,
    reply: Reply,
    sessions: Session[],
    settle: (key: string, verdict: Verdict, expected: string, observed: string) => void,
  ): Judge {
    return {
      settings: script.settings,
      reply,
      witness: readWitness(responsesTo('evidence', reply.messages)[0]?.result),
      check: (key, ok, expected, observed) => {
        const level = levelIn(state, state.header.checks[key]?.level || 'DERIVED') || 'DERIVED';
        settle(key, judge(level, ok), expected, observed);
      },
      notObserved: (key, why) => settle(key, 'not observed', 'a way to see it', why),
      notApplicable: (key, why) => settle(key, 'not applicable', 'a target that offers it', why),
      adoptSession: async (id) => {
        const session = resumeSession(script, readInitialized(reply, id));
        sessions.push(session);
        await script.clock.within(
          session.post('session', { jsonrpc: '2.0', method: 'notifications/initialized' }).ended,
          script.settings.settleMs,
        );
        return session;
      },
    };
  }

  return { before, after };
}

/** The negotiated revision; the first session's, as all sessions of a case ask for the same. */
function revisionOf(state: CaseState): string {
  return state.sessions[0] ? state.sessions[0].revision : '';
}

function levelIn(state: CaseState, level: CaseHeader['checks'][string]['level']): Level | undefined {
  return typeof level === 'string' ? level : level[revisionOf(state) as Revision];
}

/** The server is usable afterwards: the case's own session answers, or at least a new one can be opened. */
async function sane(script: Script, sessions: Session[]): Promise<boolean> {
  const open = sessions.filter((session) => !session.state.ended)[0];
  if (open && (await open.ping())) return true;
  try {
    const session = await openSession(script, 'sanity');
    sessions.push(session);
    return await session.ping();
  } catch {
    return false;
  }
}
