import { setTimeout } from 'node:timers/promises';
import pLimit from 'p-limit';
import { beforeAll, expect, it } from 'vitest';
import { startFault, startSound } from '../../server/broken/fault.ts';
import { FAULTS } from '../../server/broken/index.ts';
import { loadEnvironment } from '../runner/environment.ts';
import { provideHangUpProxy } from '../runner/hang-up.ts';
import { parseOptions } from '../runner/options.ts';
import { planRuns } from '../runner/plan.ts';
import { runCollection } from '../runner/run.ts';
import { type Call, type Exchange, type Id, type Json, type Seen, Session } from './plain-client.ts';

/**
 * A second opinion on the conformance cases: the rules of ten of them, played by a client that shares nothing with
 * the suite, and written from the specification instead of the cases. Both have to conclude the same everywhere.
 */

/** Nothing moves for so long where something has stopped. */
const QUIET_MS = 300;
/** What is to be awaited happens within this time, or never; a bound of this test, not of the specification. */
const BOUND_MS = 2000;

/** After so many of those windows a call that goes on was not stopped. */
const WINDOWS = 4;

/** Steps of a call that has to be cancelled to end in time, and of one that ends by itself. */
const LONG = 1000;
const SHORT = 25;

/** Plays one rule, and says whether the server keeps it. */
type Rule = (session: Session, other: Session) => Promise<boolean>;

const RULES: Record<string, Rule> = {
  'L-ACK-1': async (session) => {
    const { id } = await session.start(1, LONG);
    const { status, text } = await session.cancel(id);
    return status === 202 && text === '';
  },

  'L-EFF-1': async (session) => {
    const call = await session.start(1, LONG);
    await session.cancel(call.id);
    return stops(session, call);
  },

  'L-EFF-4': async (session) => {
    const { id, exchange } = await session.start(1, LONG);
    await session.cancel(id);
    return ends(exchange);
  },

  'L-ID-1': async (session) => {
    const ids = [7, 0, -7, 2 ** 53 - 1, 'seven', '', '8', 'ü🛑'];
    return all(
      ids.map(async (id) => {
        const call = await session.start(id, LONG);
        await session.cancel(id);
        return stops(session, call);
      }),
    );
  },

  'L-ID-2': async (session) => {
    const staysAfter = async (id: Id, named: Id) => {
      const call = await session.start(id, SHORT);
      await session.cancel(named);
      return completes(session, call);
    };
    return all([staysAfter(20, '20'), staysAfter('21', 21)]);
  },

  'L-RACE-1': async (session) => {
    const aside = session.listen();
    await aside.head;
    const { id, exchange } = await session.start(1, 1);
    await ends(exchange);
    const { status } = await session.cancel(id);
    await setTimeout(QUIET_MS);
    return status === 202 && answersIn(aside, id).length === 0 && session.isAlive();
  },

  'L-BAD-4': async (session) => {
    const call = await session.start(1, SHORT);
    const { status, messages } = await session.cancel(null);
    const isRefused = status >= 400 && status < 500;
    const isAnswered = messages.some(({ id }) => id !== undefined && id !== null);
    const isIgnored = (status === 202 || isRefused) && !isAnswered;
    return (await completes(session, call)) && isIgnored && session.isAlive();
  },

  'L-SES-4': async (session, other) => {
    const call = await session.start(1, SHORT);
    const { status } = await other.cancel(call.id);
    return (await completes(session, call)) && status === 202;
  },

  'L-DISC-1': async (session) => {
    const call = await session.start(1, SHORT);
    call.exchange.drop();
    return finishes(session, call);
  },

  'L-STR-1': async (session) => {
    const { id, exchange } = await session.start(1, 5);
    return (await ends(exchange)) && answersIn(exchange, id).length === 1;
  },
};

async function all(kept: Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(kept)).every(Boolean);
}

/** Whether the work stands still before it is done. */
async function stops(session: Session, { key }: Call): Promise<boolean> {
  return (await settled(session, key, WINDOWS))?.finished === 0;
}

/** Whether all of the work is done. */
async function finishes(session: Session, { key, steps }: Call): Promise<boolean> {
  const seen = await settled(session, key);
  return seen?.finished === 1 && seen.ticks === steps;
}

/** What the witness tells when nothing moves any more; undefined where that is not so after so many windows. */
async function settled(
  session: Session,
  key: string,
  windows = Number.POSITIVE_INFINITY,
): Promise<Seen | undefined> {
  let before = await session.state(key);
  for (let window = 1; window <= windows; window++) {
    await setTimeout(QUIET_MS);
    const now = await session.state(key);
    if (now.ticks === before.ticks) return now;
    before = now;
  }
  return undefined;
}

/** Whether the response comes to its own end. */
function ends({ ended }: Exchange): Promise<boolean> {
  return Promise.race([ended, setTimeout(BOUND_MS, false)]);
}

/** Whether the call does its work and answers with its result. */
async function completes(session: Session, call: Call): Promise<boolean> {
  const done = await finishes(session, call);
  await ends(call.exchange);
  const [answer, ...more] = answersIn(call.exchange, call.id);
  return done && more.length === 0 && answer?.result !== undefined && !answer.result.isError;
}

function answersIn({ messages }: Exchange, id: Id): Json[] {
  return messages.filter((message) => message.id === id && message.method === undefined);
}

/** Kept or not, by the id of a case; or the suite's word for what is neither. */
type Opinion = Record<string, boolean | string>;

async function secondOpinion(url: string): Promise<Opinion> {
  const played = Object.entries(RULES).map(async ([id, rule]) => {
    const sessions = await Promise.all([Session.open(url), Session.open(url)]);
    const kept = await rule(...sessions).finally(() => sessions.map((session) => session.close()));
    return [id, kept] as const;
  });
  return Object.fromEntries(await Promise.all(played));
}

/** What the built collection says, when it is not asked for more than the rules. */
const AS_THE_RULES = {
  protocolVersion: '2025-11-25',
  cancelReply: 'any',
  maxCancelMs: '60000',
  trace: 'off',
};

async function suiteOpinion(url: string): Promise<Opinion> {
  const set = { ...AS_THE_RULES, mcpUrl: url, settleMs: '1500' };
  const options = parseOptions(
    [
      ...['--collection', 'conformance-2025', '--environment', 'reference'],
      ...Object.keys(RULES).flatMap((id) => ['--case', id]),
      ...Object.entries(set).flatMap(([name, value]) => ['--env-var', `${name}=${value}`]),
    ],
    {},
  );
  const [planned] = options ? await planRuns(options, false) : [];
  if (!options || !planned) throw new Error('there is nothing to run');
  const environment = await loadEnvironment(options, undefined);
  const proxy = await provideHangUpProxy(environment);
  const { records, problems } = await runCollection(planned, environment, { timeoutMs: 60_000 });
  await proxy?.close();
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const kept: Record<string, boolean> = { pass: true, warn: false, fail: false };
  return Object.fromEntries(records.map(({ case: id, verdict }) => [id, kept[verdict] ?? verdict]));
}

/** The sound server, the bare SDK twice, and the two faults that break the most of the ten rules. */
const SERVERS = ['none', 'ignores-cancel', 'never-ends-stream', 'cancel-200', 'answers-under-string-id'];

/** What both conclude, by the name of the server. */
const second: Record<string, Opinion> = {};
const suite: Record<string, Opinion> = {};

beforeAll(async () => {
  // One process does it all: with more at a time everything is late.
  const limit = pLimit(2);
  const judged = SERVERS.map((name) =>
    limit(async () => {
      const fault = FAULTS.find((each) => each.name === name);
      if (!fault) throw new Error(`there is no server ${name}`);
      const { url, close } = await (name === 'none' ? startSound : startFault)(fault);
      try {
        second[name] = await secondOpinion(url);
        suite[name] = await suiteOpinion(url);
      } finally {
        await close();
      }
    }),
  );
  await Promise.all(judged);
}, 180_000);

it.each(SERVERS)('both opinions on %s are the same', (name) => {
  expect(suite[name]).toEqual(second[name]);
});

it('a sound server keeps all ten rules', () => {
  expect(second.none).toEqual(Object.fromEntries(Object.keys(RULES).map((id) => [id, true])));
});

it('all but one of the ten rules are broken somewhere', () => {
  const kept = Object.keys(RULES).filter((id) => SERVERS.every((name) => second[name]?.[id]));
  // No such server cancels on a disconnect.
  expect(kept).toEqual(['L-DISC-1']);
});
