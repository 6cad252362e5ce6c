import { describe, expect, it } from 'vitest';
import { Failure } from '../runner/failure.ts';
import { entryFor, narrowed, parseKnownFailures } from './entries.ts';

const parse = (text: string) => parseKnownFailures(text, 'known.yml');

describe('parseKnownFailures', () => {
  it('reads an entry a line, with its place', () => {
    const { entries } = parse(
      '# ours\n\nL-EFF-4: the SDK never ends it (typescript-sdk#2559)  # open\nL-ID-1@2025-11-25: "a: b"\n',
    );
    expect(entries).toEqual([
      {
        ...{ id: 'L-EFF-4', revision: undefined, reason: 'the SDK never ends it (typescript-sdk#2559)' },
        ...{ text: 'L-EFF-4: the SDK never ends it (typescript-sdk#2559)', line: 3, lastLine: 3 },
        tail: ': the SDK never ends it (typescript-sdk#2559)  # open',
      },
      {
        ...{ id: 'L-ID-1', revision: '2025-11-25', reason: 'a: b', tail: ': "a: b"' },
        ...{ text: 'L-ID-1@2025-11-25: "a: b"', line: 4, lastLine: 4 },
      },
    ]);
  });

  it('takes every value for a text, and one on several lines for one', () => {
    const { entries } = parse('\ufeffA-1: 2559\r\nA-2: true\r\nA-3: >\r\n  folded\r\n  text\r\n\r\nA-4: x');
    expect(entries.map(({ reason }) => reason)).toEqual(['2559', 'true', 'folded text', 'x']);
    expect(entries.map(({ line, lastLine }) => [line, lastLine])).toEqual([
      [1, 1],
      [2, 2],
      [3, 5],
      [7, 7],
    ]);
  });

  it.each(['', '\n', '# nothing yet\n', '---\n'])('finds no entries in %j', (text) => {
    expect(parse(text).entries).toEqual([]);
  });

  it.each([
    [
      'A-1: x\nA-1: y\n',
      /^known\.yml:2: this case is listed already; keep one line for each, such as L-EFF-4: "/,
    ],
    ['A-1: x\n"A-1": y\n', /^known\.yml:2: this case is listed already/],
    ['# one\nA-1:\n', /^known\.yml:2: A-1 has no reason; write A-1: "why this is accepted"$/],
    ['A-1: #2559\n', /^known\.yml:1: A-1 has no reason/],
    ['A-1: ~\n', /^known\.yml:1: A-1 has no reason/],
    ['A-1: ""\n', /^known\.yml:1: A-1 has no reason/],
    ['A-1: [x]\n', /^known\.yml:1: A-1 has no reason/],
    ['A-1:\n  why: x\n', /^known\.yml:1: A-1 has no reason/],
    ['A-1: &a x\nA-2: *a\n', /^known\.yml:2: A-2 has no reason/],
    ['- A-1: x\n', /^known\.yml:1: this is no list of known failures; write a line for each, such as/],
    ['\nA-1\n', /^known\.yml:2: this is no list of known failures/],
    ['A-1:no space\n', /^known\.yml:1: this is no list of known failures/],
    ['{A-1: x}\n', /^known\.yml:1: this is no list of known failures/],
    ['\u0000\u0001PNG', /^known\.yml:1: this is no list of known failures/],
    ['? A-1\n: x\n', /^known\.yml:1: A-1 does not begin its line; write it as A-1: "why/],
    ['A 1: x\n', /^known\.yml:1: "A 1" is no case; give its id, alone or with a revision, such as/],
    ['A-1@: x\n', /^known\.yml:1: "A-1@" is no case/],
    [': x\n', /^known\.yml:1: "" is no case/],
    [
      'A-1: note: x\n',
      /^known\.yml:1: a reason with ": " in it has to stand in quotes, such as L-EFF-4: "why/,
    ],
    ['A-1: `x`\n', /^known\.yml:1: .*; put the reason in quotes, such as/],
    ['A-1: !x y\n', /^known\.yml:1: Unresolved tag: !x; put the reason in quotes/],
    ["A-1: 'x' y\n", /^known\.yml:1: .*; put the reason in quotes/],
    ['A-1: "x\n', /^known\.yml:\d: a quote that was opened is not closed/],
    ['A-1: x\n---\nA-2: y\n', /^known\.yml:2: only one document is read; write everything before it/],
  ])('says in one line, with the place, what is wrong with %j', (text, why) => {
    let thrown: unknown;
    try {
      parse(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ exitCode: 2, message: expect.stringMatching(why) });
    expect((thrown as Failure).message).not.toContain('\n');
  });
});

describe('an entry', () => {
  const { entries } = parse("A-1: 'it''s slow' # see #7\nA-1@r2: other\nA-2@r1: x\n");

  it('is for all revisions but those that have their own', () => {
    const of = (id: string, revision: string) => entryFor(entries, id, revision)?.reason;
    expect([of('A-1', 'r1'), of('A-1', 'r2'), of('A-2', 'r1')]).toEqual(["it's slow", 'other', 'x']);
    expect([of('A-2', 'r2'), of('A-3', 'r1')]).toEqual([undefined, undefined]);
  });

  it('keeps its line when it is narrowed', () => {
    expect(entries.map((entry) => narrowed(entry, 'r3'))).toEqual([
      "A-1@r3: 'it''s slow' # see #7",
      'A-1@r3: other',
      'A-2@r3: x',
    ]);
  });
});
