import type { Results } from '../runner/results.ts';
import { collectionsOf, revisionsOf } from './places.ts';
import type { RedCase } from './red.ts';
import { oneLine } from './text.ts';

/** What a command can name beside the case, the least first. */
const WAYS = [[], ['--collection'], ['--revision'], ['--collection', '--revision']] as const;

/**
 * The command that runs this case alone again, where it was red. Collections and revisions are named only where the
 * command would run more without them.
 */
export function rerunCommand({ runs, result }: RedCase, { again, runs: all }: Results): string {
  const having = all.filter(({ cases }) => cases.some(({ id }) => id === result.id));
  const names = { '--collection': collectionsOf(runs), '--revision': revisionsOf(runs) };
  const size = (way: readonly string[]) => {
    const collections = way.includes('--collection') ? names['--collection'] : collectionsOf(having);
    const places = having.filter(({ collection }) => collections.includes(collection));
    return way.includes('--revision') ? collections.length * names['--revision'].length : places.length;
  };
  const [way = []] = WAYS.filter((one) => again.narrowedBy.every((option) => one.some((o) => o === option)))
    .map((one) => [...one])
    .sort((a, b) => size(a) - size(b));
  const which = way.flatMap((option) => names[option].flatMap((name) => [option, name]));
  return [`${again.command} --case`, ...[result.id, ...which, ...again.given].map(quote)].join(' ');
}

function quote(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${oneLine(word).replaceAll("'", `'\\''`)}'`;
}
