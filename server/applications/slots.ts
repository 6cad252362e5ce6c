import { type ToolCall, ToolError } from '../tools/tool.ts';

/** A bound on how many calls use something at the same time. One more is refused: what cannot be served soon should not wait. */
export class Slots {
  readonly #max: number;
  readonly #what: string;
  #taken = 0;

  /** @param what in the plural, for the one who is refused */
  constructor(max: number, what: string) {
    this.#max = max;
    this.#what = what;
  }

  /**
   * Takes one until the call has ended.
   *
   * @throws ToolError when all are taken
   */
  take(call: ToolCall): void {
    if (this.#taken >= this.#max)
      throw new ToolError(
        `All ${this.#max} ${this.#what} are in use; try again when one of their calls has ended.`,
      );
    this.#taken++;
    call.defer(() => this.#taken--);
  }
}
