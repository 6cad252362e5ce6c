import type { Results } from '../runner/results.ts';
import { collectionsOf, revisionsOf } from './places.ts';
import type { RedCase } from './red.ts';
import { oneLine } from './text.ts';

/** What a command can name beside the cases, the least first. */
const WAYS = [[], ['--collection'], ['--revision'], ['--collection', '--revision']] as const;

/**
 * The command that runs these cases alone again, where they were red. Collections and revisions are named only where
 * the command would run more without them.
 */
export function rerunCommand(red: RedCase[], { again, runs }: Results): string {
  const ids = [...new Set(red.map(({ result }) => result.id))];
  const redRuns = red.flatMap((one) => one.runs);
  const names = { '--collection': collectionsOf(redRuns), '--revision': revisionsOf(redRuns) };
  const size = (way: readonly string[]) => {
    const used = way.includes('--collection') ? names['--collection'] : collectionsOf(runs);
    const cases = runs
      .filter(({ collection }) => used.includes(collection))
      .flatMap((run) =>
        run.cases.filter(({ id }) => ids.includes(id)).map(({ id }) => `${run.collection} ${id}`),
      );
    // A revision that is named is for every collection.
    return way.includes('--revision') ? new Set(cases).size * names['--revision'].length : cases.length;
  };
  const [way = []] = WAYS.filter((one) => again.narrowedBy.every((option) => one.some((o) => o === option)))
    .map((one) => [...one])
    .sort((a, b) => size(a) - size(b));
  const words = [
    ...ids.flatMap((id) => ['--case', id]),
    ...way.flatMap((option) => names[option].flatMap((name) => [option, name])),
    ...again.given,
  ];
  return [again.command, ...words.map(quote)].join(' ');
}

function quote(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${oneLine(word).replaceAll("'", `'\\''`)}'`;
}
