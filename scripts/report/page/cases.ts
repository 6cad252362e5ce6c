import { copyButton } from './copy.ts';
import { el, find } from './dom.ts';
import { exchangeList, showExchange } from './exchange-list.ts';
import { picture } from './picture.ts';
import { readRecorded } from './read-recorded.ts';
import type { Recorded } from './recorded.ts';

/** A row of the table, and what is behind it. */
export interface CaseRow {
  row: HTMLTableRowElement;
  detail: HTMLTableRowElement;
  button: HTMLButtonElement;
}

/** Every case of the page, in its order. */
export function caseRows(): CaseRow[] {
  return [...document.querySelectorAll<HTMLTableRowElement>('tr.case')].map((row) => ({
    row,
    detail: find(`tr[id="${row.id}.detail"]`, HTMLTableRowElement),
    button: find('button', HTMLButtonElement, row),
  }));
}

export function isOpen({ button }: CaseRow): boolean {
  return button.getAttribute('aria-expanded') === 'true';
}

/** Opens or closes a case where it stands. */
export function setOpen(one: CaseRow, open: boolean): void {
  one.button.setAttribute('aria-expanded', String(open));
  one.detail.hidden = !open || one.row.hidden;
  if (open) void fill(one);
}

async function fill({ row, detail }: CaseRow): Promise<void> {
  if (detail.dataset.filled) return;
  detail.dataset.filled = 'yes';
  const id = row.dataset.case ?? '';
  const sections = detail.querySelectorAll<HTMLElement>('section[data-run]');
  try {
    const recorded = await readRecorded();
    for (const section of sections) fillRun(section, id, recorded);
  } catch (error) {
    for (const section of sections)
      find('.picture', HTMLElement, section).replaceChildren(
        el(
          'p',
          { class: 'quiet' },
          `The exchanges cannot be shown. ${error instanceof Error ? error.message : ''}`,
        ),
      );
  }
}

function fillRun(section: HTMLElement, id: string, recorded: Recorded): void {
  const run = section.dataset.run ?? '';
  const place = find('.picture', HTMLElement, section);
  const { exchanges, transcript } = recorded[id]?.[run] ?? { exchanges: [], transcript: '' };
  const of = `${id} in ${run}`;
  const text = transcript === '' ? [] : [transcriptOf(transcript, of)];
  if (exchanges.length === 0) {
    const why = transcript === '' ? 'nothing was sent' : 'no exchanges were recorded';
    place.replaceChildren(el('p', { class: 'quiet' }, `No picture: ${why}.`), ...text);
    return;
  }
  const story = section.querySelector('.story')?.textContent ?? '';
  place.replaceChildren(
    picture(exchanges, story, of, place.clientWidth),
    exchangeList(exchanges, of, document.body.dataset.target ?? ''),
    ...text,
  );
  place.addEventListener('click', ({ target }) => {
    const hit = target instanceof Element && target.closest<HTMLElement>('.timeline [data-exchange]');
    if (hit) showExchange(place, hit.dataset.exchange ?? '');
  });
}

/** What the case itself told, which sums up what is too much for a picture. */
function transcriptOf(text: string, of: string): HTMLElement {
  return el(
    'details',
    { class: 'transcript' },
    el('summary', {}, 'What the case’s own script saw, as text'),
    copyButton('the transcript', text),
    el('pre', { tabindex: 0, role: 'region', 'aria-label': `Transcript of ${of}` }, text),
    el(
      'p',
      { class: 'quiet' },
      'Newman hands a stream to a script when it has ended, so here its frames carry the time of its end.',
    ),
  );
}
