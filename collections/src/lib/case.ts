import { type Arranged, arrange, Unjudged } from './arrange.ts';
import { createClock } from './clock.ts';
import type { Arrange, CaseHeader, Judge } from './definition.ts';
import { noteReply, readReply } from './exchange.ts';
import { commonHeaders, describeReply, openSession, sessionHeaders } from './handshake.ts';
import { request, responsesTo } from './jsonrpc.ts';
import { judgeWith } from './judging.ts';
import { type JudgedCase, RECORD, reportCase } from './report.ts';
import type { ClearTimer, Pm, SetTimer } from './sandbox.ts';
import { resumeSession, type Script, type Session, type SessionState } from './session.ts';
import { fillArguments, readSettings, type Settings } from './settings.ts';
import { createVerdicts, levelIn, notIn } from './verdicts.ts';
import { inspectionOf } from './work.ts';

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
  stopped: { verdict: 'error' | Unjudged['verdict']; why: string } | null;
  cancelled: JudgedCase['cancelled'];
  /** The key that the main request asks the witness for; null where it is a ping. */
  evidenceKey: string | null;
  waitedMs: number;
  seen: unknown;
}

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
      evidenceKey: null,
      waitedMs: 0,
      seen: null,
    };
    pm.variables.unset(RECORD);
    pm.variables.set(EVIDENCE, JSON.stringify(request('evidence', 'ping')));
    const sessions: Session[] = [];
    try {
      const script = scriptOf(state);
      for (const { key, value } of commonHeaders(script.settings)) pm.request.headers.upsert({ key, value });
      const first = await begin(script, header, sessions);
      const arranged = arrange(script, first, sessions);
      state.seen = (await body(arranged.t)) || null;
      await finish(script, state, arranged, sessions);
      state.waitedMs = script.clock.waitedMs();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      state.stopped = { verdict: error instanceof Unjudged ? error.verdict : 'error', why };
      // A call that is still running would keep this script from ending.
      for (const session of sessions)
        if (state.stopped.verdict === 'error' || session.isBusy()) await session.end();
    }
    state.sessions = sessions.map((session) => session.state);
    pm.variables.set(STATE, JSON.stringify(state));
  }

  /** The case's own session, sane, where it asks for one and has a rule for the revision that was negotiated. */
  async function begin(script: Script, header: CaseHeader, sessions: Session[]): Promise<Session | null> {
    if (header.session === 'none') return null;
    const initialized = header.session === 'ready';
    const session = await openSession(script, 'session', { initialized, capabilities: header.capabilities });
    sessions.push(session);
    const { revision } = session.state;
    const asked = script.settings.protocolVersion;
    // A collection that is run once for each revision would say the same under several names.
    if (pm.variables.get('revisions') && revision !== asked)
      throw new Unjudged('not applicable', `the target does not speak ${asked}: it negotiated ${revision}`);
    if (Object.values(header.checks).every(({ level }) => levelIn(revision, level) === undefined))
      throw new Unjudged('not applicable', notIn(revision));
    if (initialized && !(await session.ping()))
      throw new Error('sanity: the new session does not answer a ping');
    return session;
  }

  /** Releases what the target left open, and prepares the main request. */
  async function finish(script: Script, state: CaseState, arranged: Arranged, sessions: Session[]) {
    const { settings } = script;
    await arranged.release();
    state.cancelled = arranged.cancelled();
    for (const session of sessions) if (session.isBusy()) await session.end();
    let current = sessions.filter((session) => !session.state.ended)[0];
    if (!current && state.header.session !== 'none') {
      current = await openSession(script, 'session 2');
      sessions.push(current);
    }
    if (current)
      for (const { key, value } of sessionHeaders(current.state)) pm.request.headers.upsert({ key, value });
    const key = arranged.evidenceKey();
    if (!settings.tools.state || key === null) return;
    const { steps, intervalMs } = settings;
    const pace = { key, steps, intervalMs };
    const params = arranged.inspects()
      ? inspectionOf(key)
      : {
          name: settings.tools.state,
          arguments: fillArguments('stateArguments', settings.arguments.state, pace),
        };
    pm.variables.set(EVIDENCE, JSON.stringify(request('evidence', 'tools/call', params)));
    state.evidenceKey = key;
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
    const verdicts = createVerdicts(checks, revisionOf(state));
    let strict: Settings['strict'] = 'effect';
    let trace: Settings['trace'] = 'red';
    let failure = state.stopped;
    try {
      const script = scriptOf(state);
      strict = script.settings.strict;
      trace = script.settings.trace;
      const reply = readReply(pm.response, pm.response?.code ? null : 'no response');
      noteReply(state.transcript, script.clock.now(), 'evidence', reply);
      const sessions = state.sessions.map((session) => resumeSession(script, session));
      if (!failure) {
        const t = judgeWith(script, reply, sessions, state.evidenceKey, verdicts);
        await body(t, state.seen as Seen);
        if (state.evidenceKey !== null && responsesTo('evidence', reply.messages).length === 0)
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

    // What was seen to be broken stays so, even where the target then broke altogether.
    if (failure)
      for (const key of Object.keys(checks))
        if (verdicts.of(key)?.verdict !== 'fail')
          verdicts.settle(key, failure.verdict, 'a case that can be judged', failure.why);
    const { began, title, transcript, cancelled, waitedMs } = state;
    reportCase(pm, {
      id: state.header.id,
      began,
      title,
      transcript,
      cancelled,
      waitedMs,
      checks: verdicts.all(),
      strict,
      trace,
    });
  }

  return { before, after };
}

/** The negotiated revision; the first session's, as all sessions of a case ask for the same. */
function revisionOf(state: CaseState): string {
  return state.sessions[0] ? state.sessions[0].revision : '';
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
