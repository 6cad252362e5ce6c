import type { Arrange } from './definition.ts';
import { drop, dropBothWays, outlives, streams, untilOver } from './drop.ts';
import { isStream, note } from './exchange.ts';
import { describeReply, INITIALIZE_ID, openSession } from './handshake.ts';
import { provoke } from './provoke.ts';
import { awaitEnd, beside, endlessSteps, isResult, untilKnown, untilRunning } from './running.ts';
import { freshKey, type Script, type Session } from './session.ts';
import { asTexts, fillArguments, fillText } from './settings.ts';
import { eventIds, hear, listen, readWhole, resume } from './streams.ts';
import {
  type CancelledCall,
  cancelAndWatch,
  cancelInFlight,
  take,
  type Watched,
  watchHandler,
} from './watch.ts';
import { awaitWork, startWork, untilAtWork } from './work.ts';

/** Ends a case before anything is judged, with one verdict for all of its checks. */
export class Unjudged extends Error {
  readonly verdict: 'not applicable' | 'not observed';

  constructor(verdict: Unjudged['verdict'], why: string) {
    super(why);
    this.verdict = verdict;
  }
}

/** What a case leaves behind when its `before` is through. */
export interface Arranged {
  t: Arrange;
  /** Gets rid of the exchanges that the target has left open. */
  release(): Promise<void>;
  /** The first call that was cancelled. */
  cancelled(): CancelledCall | null;
  /** The key that the main request asks the witness for. */
  evidenceKey(): string | null;
  /** Whether it asks the call's resource instead. */
  inspects(): boolean;
}

/**
 * Makes what a case's `before` works with.
 * @param first the case's own session; null where it asked for none
 * @param sessions takes every session that is opened
 */
export function arrange(script: Script, first: Session | null, sessions: Session[]): Arranged {
  const { settings, clock } = script;
  const releases: Array<() => Promise<void>> = [];
  let seen: CancelledCall | null = null;
  let key: string | null = null;
  let inspects = false;

  const remember = ({ cancelled, release }: Watched) => {
    if (release) releases.push(release);
    seen = seen || cancelled;
    key = key || cancelled.key;
    return cancelled;
  };

  const t: Arrange = {
    settings,
    clock,
    get session() {
      if (!first) throw new Error('this case asked for no session');
      return first;
    },
    open: async (lane, capabilities) => {
      const session = await openSession(script, lane, capabilities ? { capabilities } : {});
      sessions.push(session);
      return session;
    },
    initializeId: INITIALIZE_ID,
    endlessSteps: endlessSteps(settings),
    untilRunning: (session, call) => untilRunning(script, session, call),
    untilKnown: (session, call) => untilKnown(script, session, call),
    cancelInFlight: async (tool, options) => remember(await cancelInFlight(script, t.session, tool, options)),
    cancelAndWatch: async (session, call, send) =>
      remember(await cancelAndWatch(script, session, call, send)),
    cancelEach: async (variants) => {
      const calls = variants.map(({ id }, i) =>
        t.session.call(`call ${i + 1}`, 'slow', {
          steps: t.endlessSteps,
          ...(id === undefined ? {} : { id }),
        }),
      );
      await Promise.all(calls.map((call) => untilRunning(script, t.session, call)));
      const watched = calls.map((call, i) =>
        cancelAndWatch(script, t.session, call, () =>
          t.session.post(`cancel ${i + 1}`, {
            jsonrpc: '2.0',
            method: 'notifications/cancelled',
            params: { requestId: call.id, ...variants[i]?.params },
          }),
        ),
      );
      return (await Promise.all(watched)).map(remember);
    },
    beside: async (options, action, session = t.session) => {
      const calls = typeof options === 'number' ? Array.from({ length: options }, () => ({})) : options;
      return beside(
        script,
        session,
        calls,
        () => t.open('again'),
        async (running, own) => {
          key = running[0] ? running[0].key : key;
          return action(running, own);
        },
      );
    },
    provoke: (bodies, headers) => provoke(script, t.session, () => t.open('again'), bodies, headers),
    streams: () => streams(script, t.session),
    drop: (session, lane, options) => drop(script, session, lane, options),
    outlives: (session, call) => outlives(script, session, call),
    dropBothWays: async () => {
      const both = await dropBothWays(script, t.session);
      key = both.key;
      return both.drops;
    },
    untilOver: (session, call) => untilOver(script, session, call),
    terminate: async (session, call) => {
      const reply = await session.end();
      if (reply && reply.status >= 200 && reply.status < 300) return;
      if (call) await take(script, session.cancel(call.id));
      t.notApplicable(
        `the target does not let a client end its session: ${reply ? describeReply(reply) : 'no answer'}`,
      );
    },
    take: (exchange) => take(script, exchange),
    watch: (session, call, sinceMs) => watchHandler(script, session, call.key, sinceMs, settings.quietMs),
    awaitEnd: (call) => awaitEnd(script, call),
    readWhole: (session, calls) => readWhole(script, session, calls),
    isResult,
    isStream,
    listen: (session, lane = 'GET') => listen(script, session, lane),
    hear,
    resume: (session, lastEventId) => resume(script, session, lastEventId),
    eventIds,
    briefly: async (action) => {
      const { transcript } = script;
      const from = transcript.length;
      const lines = await action();
      if (!lines) return;
      transcript.splice(from);
      for (const line of lines) note(transcript, clock.now(), '·', 'in brief', line);
    },
    freshKey,
    fill: (name, template, pace) => fillArguments(name, template, pace),
    fillText,
    asTexts,
    needProxy: () => {
      if (!settings.hangUpUrl)
        throw new Unjudged(
          'not observed',
          'no hang-up proxy (hangUpUrl is empty): nothing else can drop a connection',
        );
    },
    showWitness: (shown) => {
      key = shown;
    },
    cancelWork: async (tool, args, ready = () => true) => {
      inspects = true;
      const call = startWork(t.session, tool, args);
      const before = await untilAtWork(script, t.session, call, ready);
      return { before, cancelled: await t.cancelAndWatch(t.session, call) };
    },
    finishWork: async (tool, args) => {
      inspects = true;
      const call = startWork(t.session, tool, args);
      t.showWitness(call.key);
      return awaitWork(script, t.session, call);
    },
    notApplicable: (why) => {
      throw new Unjudged('not applicable', why);
    },
    notObserved: (why) => {
      throw new Unjudged('not observed', why);
    },
  };

  return {
    t,
    release: async () => {
      await Promise.all(releases.map((release) => release()));
    },
    cancelled: () => seen,
    evidenceKey: () => key,
    inspects: () => inspects,
  };
}
