import pc from 'picocolors';
import { clip, oneLine, wrap } from '../report/text.ts';
import { type Io, inert, useColor } from '../runner/screen.ts';
import { columnsOf } from './say.ts';

/** An HTTP exchange on the screen as it happens: one line for each thing that passes, cut to the screen's width. */
export class Trace {
  readonly #io: Io;
  readonly #start = performance.now();
  readonly #columns: number;
  readonly #colors: ReturnType<typeof pc.createColors>;

  constructor(io: Io) {
    this.#io = io;
    this.#columns = columnsOf(io) ?? 80;
    this.#colors = pc.createColors(useColor(io));
  }

  /** What goes to the server. */
  sent(text: string): void {
    this.#line('→', text, this.#colors.cyan);
  }

  /** What comes from the server. */
  received(text: string): void {
    this.#line('←', text, this.#colors.green);
  }

  /** What happens on our side, or what it means. */
  note(text: string): void {
    this.#line('·', text, this.#colors.dim);
  }

  /** The last word, which is not cut but broken into lines. */
  summary(text: string): void {
    const lines = wrap(oneLine(text), this.#columns - 1);
    this.#io.out.write(inert(this.#io, `\n${lines.join('\n')}\n`));
  }

  #line(sign: string, text: string, paint: (text: string) => string): void {
    const ms = `${Math.round(performance.now() - this.#start)} ms`.padStart(8);
    const told = clip(oneLine(text), Math.max(10, this.#columns - ms.length - 4));
    this.#io.out.write(inert(this.#io, `${this.#colors.dim(ms)} ${paint(sign)} ${told}\n`));
  }
}
