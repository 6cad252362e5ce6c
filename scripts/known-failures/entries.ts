import { isMap, isScalar, LineCounter, type Pair, parseDocument, type Scalar } from 'yaml';
import { type Failure, usage } from '../runner/failure.ts';

/** One entry of the file: a case that is known to fail, and the reason why that is accepted. */
export interface Entry {
  id: string;
  /** Undefined where the entry is for all revisions. */
  revision: string | undefined;
  reason: string;
  /** As it stands in the file, without a comment behind it. */
  text: string;
  /** What stands behind the case, up to the end of the last line: the reason, and a comment. */
  tail: string;
  /** Its first and last line, counted from 1. */
  line: number;
  lastLine: number;
}

/** The known failures, as their file has them. */
export interface KnownFailures {
  /** The file as the user names it. */
  file: string;
  text: string;
  entries: Entry[];
}

const EXAMPLE = 'L-EFF-4: "why this is accepted"';

/**
 * Reads the known failures: a YAML mapping of cases to reasons, an entry a line. A file without entries is fine.
 * @param file as messages name it
 * @throws Failure (2) with the line, and what to do about it
 */
export function parseKnownFailures(text: string, file: string): KnownFailures {
  const counter = new LineCounter();
  const lineAt = (offset: number) => counter.linePos(offset).line;
  const wrong = (offset: number, what: string) => usage(`${file}:${lineAt(offset)}: ${what}`);
  // With this schema every value is a text, so that `2559` and `true` are reasons too.
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, schema: 'failsafe' });
  const [error] = [...document.errors, ...document.warnings];
  if (error) throw wrong(error.pos[0], `${explain(error.code, error.message)}, such as ${EXAMPLE}`);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === '')) return { file, text, entries: [] };
  if (!isMap(contents) || contents.flow)
    throw wrong(
      contents.range?.[0] ?? 0,
      `this is no list of known failures; write a line for each, such as ${EXAMPLE}`,
    );
  const entries = contents.items.map((pair) => readEntry(pair, text, lineAt, wrong));
  return { file, text, entries };
}

function readEntry(
  { key, value }: Pair,
  text: string,
  lineAt: (offset: number) => number,
  wrong: (offset: number, what: string) => Failure,
): Entry {
  const [start, afterKey] = rangeOf(key);
  const name = isScalar(key) ? String(key.value) : '';
  const [, id, revision] = /^([^@\s]+)(?:@([^@\s]+))?$/.exec(name) ?? [];
  if (id === undefined)
    throw wrong(
      start,
      `"${name}" is no case; give its id, alone or with a revision, such as L-EFF-4@2025-11-25`,
    );
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  if (before.replace('\ufeff', '').trim() !== '')
    throw wrong(start, `${name} does not begin its line; write it as ${name}: "why this is accepted"`);
  const reason = isScalar(value) ? String(value.value).trim() : '';
  if (reason === '' || reason === '~' || reason === 'null')
    throw wrong(start, `${name} has no reason; write ${name}: "why this is accepted"`);
  const [, afterValue] = rangeOf(value as Scalar);
  const whole = text.slice(start, afterValue).trimEnd();
  const [behind = ''] = /^.*/.exec(text.slice(start + whole.length)) ?? [];
  return {
    id,
    revision,
    reason,
    text: whole,
    tail: (whole.slice(afterKey - start) + behind).trimEnd(),
    line: lineAt(start),
    lastLine: lineAt(start + whole.length),
  };
}

function rangeOf(node: unknown): [start: number, end: number] {
  const [start, end] = (node as Scalar | null)?.range ?? [0, 0];
  return [start, end];
}

/** What the parser's complaint means to someone who writes one line for each known failure. */
function explain(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this case is listed already; keep one line for each';
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return 'a reason with ": " in it has to stand in quotes';
  if (code === 'MULTIPLE_DOCS')
    return 'only one document is read; write everything before it, a line for each case';
  if (code === 'MISSING_CHAR' && message.includes('quote')) return 'a quote that was opened is not closed';
  return `${message.split('\n')[0]?.replace(/\.$/, '')}; put the reason in quotes`;
}

/** The entry that is for this case in this revision; one that names the revision goes before one for all. */
export function entryFor(entries: Entry[], id: string, revision: string): Entry | undefined {
  const own = entries.filter((entry) => entry.id === id);
  return (
    own.find((entry) => entry.revision === revision) ?? own.find((entry) => entry.revision === undefined)
  );
}

/** The case as an entry names it. */
export function caseOf({ id, revision }: Pick<Entry, 'id' | 'revision'>): string {
  return revision === undefined ? id : `${id}@${revision}`;
}

/** The entry's line, for one revision alone. */
export function narrowed(entry: Entry, revision: string): string {
  return caseOf({ id: entry.id, revision }) + entry.tail;
}
