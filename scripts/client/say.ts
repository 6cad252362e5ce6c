import { visible, wrap } from '../report/text.ts';
import { type Io, inert } from '../runner/screen.ts';

/** How wide the screen is; undefined where nobody says so, as in a pipe. */
export function columnsOf({ out, env }: Io): number | undefined {
  return out.columns || Number(env.COLUMNS) || undefined;
}

/** Blanks and a symbol, under which the rest of a broken line does not reach. */
const OPENING = /^ *(?:(?:\p{Extended_Pictographic}\uFE0F?|↳) )?/u;

/**
 * Prints lines as they are, but for what would drive a terminal, as they may hold what a server said. Only where the
 * screen is known to be narrower they are broken between words.
 */
export function sayer(io: Io): (line: string) => void {
  const columns = columnsOf(io);
  return (text) => {
    const line = visible(text).replaceAll('\n', ' ');
    const [opening] = OPENING.exec(line) ?? [''];
    // A symbol can be one column wider than it is long.
    const narrow = columns !== undefined && line.length + 1 > columns;
    const lines = narrow ? wrap(line.slice(opening.length), columns - 1, opening) : [line];
    for (const each of lines) io.out.write(inert(io, `${each}\n`));
  };
}
