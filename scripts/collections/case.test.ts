import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseDefinition, defineCase } from '../../collections/src/lib/definition.ts';
import type { CaseRecord } from '../../collections/src/lib/record.ts';
import { start } from '../../server/broken/never-ends-stream.ts';
import { loadEnvironment } from '../runner/environment.ts';
import { parseOptions } from '../runner/options.ts';
import type { CollectionJson } from '../runner/plan.ts';
import { runCollection } from '../runner/run.ts';
import { toPostman } from './build.ts';
import { compileLibrary } from './compile.ts';

/** The anatomy of a case, against a live server: what `before` and `after` do decides record and assertions. */

const SPEC = 'https://example.org/rule';
const one = { it: { level: 'MUST', text: 'hold', spec: SPEC } } as const;

let server: Awaited<ReturnType<typeof start>>;
let library: string;
beforeAll(async () => {
  server = await start();
  library = await compileLibrary();
});
afterAll(() => server.close());

type Definition = Omit<CaseDefinition, 'id' | 'name' | 'description'> & { id?: string; name?: string };

/** Runs one case of our own and tells what came of it: its record, and what Postman shows. */
async function judge(definition: Definition, ...variables: string[]) {
  const id = definition.id ?? 'T-ONE-1';
  const whole = defineCase({ name: 'A case', description: 'text', ...definition, id });
  const collection = toPostman(
    {
      name: 't',
      title: 'T',
      description: '',
      portable: true,
      trace: 'off',
      folders: [{ name: 'F', description: '', cases: [whole] }],
    },
    library,
    '0.0.0',
    {},
  ) as unknown as CollectionJson;
  const options = parseOptions(
    ['--url', server.url, ...variables.flatMap((text) => ['--env-var', text])],
    {},
  );
  if (!options) throw new Error('no options');
  const environment = await loadEnvironment(options, server.url);
  const outcome = await runCollection({ name: 't', title: 'T', collection, expected: [id] }, environment, {
    timeoutMs: 20_000,
  });
  expect(outcome.problems).toEqual([]);
  const assertions = outcome.summary?.run.executions.flatMap(({ assertions }) => assertions ?? []) ?? [];
  return {
    record: outcome.records[0] as CaseRecord,
    shown: assertions.map(({ assertion, error, skipped }) => ({
      name: assertion,
      state: skipped ? 'skipped' : error ? 'failed' : 'passed',
      message: error?.message,
    })),
  };
}

const nothing = async () => null;

describe('the verdict of a case', () => {
  it('pass: the rule was kept', async () => {
    const { record, shown } = await judge({
      checks: one,
      before: async () => ({ n: 1 }),
      after: (t, seen) => t.check('it', (seen as { n: number }).n === 1, 'one', 'one'),
    });
    expect(record).toMatchObject({ case: 'T-ONE-1', title: 'T-ONE-1 A case', verdict: 'pass', red: false });
    expect(record.checks).toEqual([
      { level: 'MUST', title: 'MUST hold', spec: SPEC, verdict: 'pass', expected: 'one', observed: 'one' },
    ]);
    expect(shown).toEqual([{ name: 'MUST hold', state: 'passed', message: undefined }]);
  });

  it('fail: a MUST is broken, and the message says what was expected, what was seen, and the rule', async () => {
    const { record, shown } = await judge({
      checks: one,
      before: nothing,
      after: (t) => t.check('it', false, 'a swan', 'a duck'),
    });
    expect(record).toMatchObject({ verdict: 'fail', red: true });
    expect(shown).toEqual([
      { name: 'MUST hold', state: 'failed', message: `expected a swan; seen: a duck | ${SPEC}` },
    ]);
  });

  it('warn: a SHOULD is missed; tolerated, and the name of the skipped test ends with what was seen', async () => {
    const missed: Definition = {
      checks: { it: { level: 'SHOULD', text: 'hold', spec: SPEC } },
      before: nothing,
      after: (t) => t.check('it', false, 'a swan', 'a duck'),
    };
    const tolerated = await judge(missed);
    expect(tolerated.record).toMatchObject({ verdict: 'warn', red: false });
    expect(tolerated.shown).toMatchObject([{ name: 'SHOULD hold | warn: a duck', state: 'skipped' }]);
    const strict = await judge(missed, 'strict=should');
    expect(strict.record).toMatchObject({ verdict: 'warn', red: true });
    expect(strict.shown).toMatchObject([{ name: 'SHOULD hold', state: 'failed' }]);
  });

  it('warn, red by suite policy: the effect of a cancel is missed', async () => {
    const missed: Definition = {
      id: 'L-EFF-1',
      checks: { it: { level: 'SHOULD', text: 'hold', spec: SPEC } },
      before: nothing,
      after: (t) => t.check('it', false, 'a swan', 'a duck'),
    };
    const { record, shown } = await judge(missed);
    expect(record).toMatchObject({ verdict: 'warn', red: true });
    expect(shown[0]?.message).toContain('(suite policy, no MUST)');
    expect((await judge(missed, 'strict=must')).record.red).toBe(false);
  });

  it('note: what a MAY or a conflict of texts came to', async () => {
    const { record, shown } = await judge({
      checks: { it: { level: 'AMBIG', text: 'hold', spec: SPEC } },
      before: nothing,
      after: (t) => t.check('it', true, 'either', 'this one'),
    });
    expect(record).toMatchObject({ verdict: 'note', red: false });
    expect(shown).toMatchObject([{ name: 'AMBIG hold | note: this one', state: 'skipped' }]);
  });

  it('not observed and not applicable are no passes', async () => {
    const { record, shown } = await judge({
      checks: { ...one, other: { level: 'SHOULD', text: 'be seen', spec: SPEC } },
      before: nothing,
      after: (t) => {
        t.notApplicable('it', 'no such thing');
        t.notObserved('other', 'no way to see it');
      },
    });
    expect(record).toMatchObject({ verdict: 'not observed', red: false });
    expect(shown.map(({ state }) => state)).toEqual(['skipped', 'skipped']);
  });

  it('not applicable: the target has nothing to try the rule on', async () => {
    const { record } = await judge({
      checks: one,
      before: async (t) => t.notApplicable('no such tool'),
      after: (t) => t.check('it', true, '', ''),
    });
    expect(record).toMatchObject({ verdict: 'not applicable', red: false });
    expect(record.checks[0]?.observed).toBe('no such tool');
  });

  it('not applicable: the rule is not in the negotiated revision', async () => {
    const definition: Definition = {
      checks: { it: { level: { '2025-03-26': 'MUST' }, text: 'hold', spec: SPEC } },
      before: nothing,
      after: (t) => t.check('it', false, 'a swan', 'a duck'),
    };
    expect((await judge(definition)).record.verdict).toBe('not applicable');
    expect((await judge(definition, 'protocolVersion=2025-03-26')).record.verdict).toBe('fail');
  });

  it.each<[string, Partial<Definition>, RegExp]>([
    [
      'before throws',
      {
        before: async () => {
          throw new Error('broken before');
        },
      },
      /broken before/,
    ],
    [
      'after throws',
      {
        after: () => {
          throw new Error('broken after');
        },
      },
      /broken after/,
    ],
    [
      'after rejects',
      {
        after: async () => {
          throw new Error('broken later');
        },
      },
      /broken later/,
    ],
    ['a check says nothing', { after: () => {} }, /said nothing about this check/],
    ['a check is not declared', { after: (t) => t.check('else', true, '', '') }, /declares no check else/],
  ])('error: %s', async (_what, broken, why) => {
    const { record, shown } = await judge({
      checks: one,
      before: nothing,
      after: (t) => t.check('it', true, '', ''),
      ...broken,
    });
    expect(record).toMatchObject({ verdict: 'error', red: true });
    expect(record.checks[0]?.observed).toMatch(why);
    expect(shown).toMatchObject([{ name: 'MUST hold', state: 'failed' }]);
  });

  it('error: the environment holds something that cannot be used', async () => {
    const { record } = await judge({ checks: one, before: nothing, after: () => {} }, 'settleMs=soon');
    expect(record.checks[0]?.observed).toBe(
      'the variable settleMs is "soon": it must be a whole number from 1 to 1000000',
    );
  });

  it('error: the call was over before it could be cancelled', async () => {
    const { record } = await judge(
      { checks: one, before: (t) => t.cancelInFlight(), after: (t) => t.check('it', true, '', '') },
      'slowTool=quick',
      'slowArguments={"text":"x"}',
    );
    expect(record.checks[0]?.observed).toMatch(/over before it could be cancelled: HTTP 200/);
  });
});

describe('what a case leaves', () => {
  it('a fate, an evidence and a transcript, and no session', async () => {
    const { record } = await judge(
      {
        checks: one,
        before: (t) => t.cancelInFlight(),
        after: (t) => t.check('it', true, '', ''),
      },
      'slowTool=slow',
      'stateTool=state',
      'settleMs=400',
    );
    expect(record).toMatchObject({ fate: 'left open', evidence: 'witness', cancelMs: null });
    const lines = record.transcript.split('\n');
    for (const line of lines) expect(line).toMatch(/^ *\d+ ms [→←·✗] \S+/);
    const order = ['initialize', 'tools/call slow', 'notifications/cancelled', 'DELETE'].map((text) =>
      lines.findIndex((line) => line.includes(text)),
    );
    expect(order.every((at, i) => at > (order[i - 1] ?? -1))).toBe(true);
    const opened = lines.filter(
      (line) => / → .*initialize/.test(line) && !line.includes('notifications'),
    ).length;
    expect(lines.filter((line) => / → .*DELETE/.test(line))).toHaveLength(opened);
  });
});
