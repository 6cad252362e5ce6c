import { type CaseRow, isOpen } from './cases.ts';
import { find } from './dom.ts';

/** Lets the reader narrow the table; what does not fit is hidden, and open cases stay open. */
export class Filter {
  readonly #form = find('#filter', HTMLFormElement);
  readonly #rows: CaseRow[];
  readonly #texts = new Map<CaseRow, string>();

  constructor(rows: CaseRow[]) {
    this.#rows = rows;
    this.#form.hidden = false;
    this.#form.addEventListener('input', () => this.apply());
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    // The fields are emptied when the event is over.
    this.#form.addEventListener('reset', () => setTimeout(() => this.apply()));
    this.apply();
  }

  /** Shows all cases, so that one of them can be shown. */
  clear(): void {
    this.#form.reset();
    this.apply();
  }

  apply(): void {
    const asked = new FormData(this.#form);
    const value = (name: string) => String(asked.get(name) ?? '');
    const words = value('text').toLowerCase().split(/\s+/).filter(Boolean);
    for (const one of this.#rows) {
      const { verdicts = '', levels = '' } = one.row.dataset;
      const fits =
        isAmong(value('verdict'), verdicts.split(',')) &&
        isAmong(value('level'), levels.split(',')) &&
        isAmong(value('group'), [one.row.closest('tbody')?.dataset.group ?? '']) &&
        (words.length === 0 || words.every((word) => this.#textOf(one).includes(word)));
      one.row.hidden = !fits;
      one.detail.hidden = !fits || !isOpen(one);
    }
    const shown = this.#rows.filter(({ row }) => !row.hidden);
    for (const group of document.querySelectorAll<HTMLElement>('tbody[data-group]'))
      group.hidden = !shown.some(({ row }) => group.contains(row));
    find('#shown', HTMLElement).textContent = `${shown.length} of ${this.#rows.length} different cases`;
    find('#no-case', HTMLElement).hidden = shown.length > 0;
  }

  /** What the report says of a case; not the exchanges, which are not there before it is opened. */
  #textOf(one: CaseRow): string {
    const known = this.#texts.get(one);
    if (known !== undefined) return known;
    const parts = one.detail.querySelectorAll('.about, .check, .checks dd, h3');
    const text = [one.row, ...parts]
      .map(({ textContent }) => textContent)
      .join('\n')
      .toLowerCase();
    this.#texts.set(one, text);
    return text;
  }
}

function isAmong(asked: string, there: string[]): boolean {
  return asked === '' || there.includes(asked);
}
