import { relative, resolve } from 'node:path';
import { Failure, usage } from '../runner/failure.ts';
import type { Options } from '../runner/options.ts';
import { declarations } from '../runner/plan.ts';
import type { Results } from '../runner/results.ts';
import { entryFor, parseKnownFailures } from './entries.ts';
import { readFileOf, writeFileOf } from './file.ts';
import { judgeKnownFailures } from './judge.ts';
import { type Update, updateKnownFailures } from './update.ts';

/** The known failures of a run. */
export interface OpenKnownFailures {
  /** Whether a case that is red in this revision is listed. */
  lists(id: string, revision: string): boolean;
  /**
   * Applies them to the results of `combine`; where it was asked for, the file is written anew first.
   * @returns the results, and a line that says what was written: empty where nothing was asked for; and where the file
   *   could not be written, why
   */
  settle(results: Results): Promise<{ results: Results; written: string; failed?: Failure }>;
}

/**
 * Reads the known failures that the options name; none are named by most.
 * @throws Failure (2) where they cannot be read, or are to be written and cannot
 */
export async function openKnownFailures(
  { knownFailures, updateKnownFailures }: Pick<Options, 'knownFailures' | 'updateKnownFailures'>,
  env: NodeJS.ProcessEnv,
): Promise<OpenKnownFailures> {
  if (knownFailures !== undefined) return open(knownFailures, updateKnownFailures, env);
  if (updateKnownFailures)
    throw usage('--update-known-failures needs --known-failures <file>, the file to write');
  return { lists: () => false, settle: async (results) => ({ results, written: '' }) };
}

async function open(file: string, update: boolean, env: NodeJS.ProcessEnv): Promise<OpenKnownFailures> {
  const path = pathOf(file, env);
  const { text, isNew } = await readFileOf(path, file, update);
  const known = parseKnownFailures(text, file);
  const declared = await declarations();
  const judged = (results: Results) => judgeKnownFailures(results, known, declared);

  async function rewrite(results: Results) {
    const change = updateKnownFailures(known, results, declared);
    const changed = parseKnownFailures(change.text, file);
    if (isNew || change.text !== text) await writeFileOf(path, file, change.text);
    return { results: judgeKnownFailures(results, changed, declared), written: tell(file, change) };
  }

  return {
    lists: (id, revision) => entryFor(known.entries, id, revision) !== undefined,
    async settle(results) {
      if (!update) return { results: judged(results), written: '' };
      // A target that went away is red in what it did no more.
      if (results.exitCode <= 1 && results.problems.length === 0)
        return rewrite(results).catch((error) => {
          if (!(error instanceof Failure)) throw error;
          // What the run came to counts for more than the file.
          return { results: judged(results), written: '', failed: error };
        });
      const why = results.exitCode > 1 ? 'nothing could be established' : 'the target went away';
      const written = `${file} was not written: ${why}.`;
      return { results: judged(results), written };
    },
  };
}

/** The file as it is named in the repository that GitHub Actions works in, or else as it was given. */
export function inRepository(file: string, env: NodeJS.ProcessEnv): string {
  const near = env.GITHUB_WORKSPACE && relative(env.GITHUB_WORKSPACE, pathOf(file, env));
  return near && !near.startsWith('..') ? near : file;
}

/** Where the user stands, the file is. */
function pathOf(file: string, env: NodeJS.ProcessEnv): string {
  return resolve(env.INIT_CWD ?? '.', file);
}

function tell(file: string, { added, removed, narrowed, errors }: Update): string {
  const changes = Object.entries({ added, removed, narrowed }).filter(([, cases]) => cases.length > 0);
  const what = changes.map(([how, cases]) => `${how} ${cases.join(', ')}`).join('; ');
  const left = errors.length > 0 ? ` Not written, as an error is always red: ${errors.join(', ')}.` : '';
  return `${file}: ${what || 'nothing to change'}.${left}`;
}
