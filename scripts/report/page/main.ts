import { caseRows, isOpen, setOpen } from './cases.ts';
import { copyButton } from './copy.ts';
import { Filter } from './filter.ts';

const rows = caseRows();
const filter = rows.length > 0 ? new Filter(rows) : undefined;

for (const one of rows) {
  one.row.addEventListener('click', ({ target }) => {
    // Who selects text in a row does not mean to open it.
    const selecting = document.getSelection()?.isCollapsed === false;
    if (target instanceof Element && (target.closest('button') || !selecting)) setOpen(one, !isOpen(one));
  });
}

for (const code of document.querySelectorAll('.again code'))
  code.after(' ', copyButton('the command', code.textContent));

/** Opens the case that an address names, and brings the reader there. */
function show(hash: string): void {
  const one = rows.find(({ row }) => row.id === hash.slice(1));
  if (!one) return;
  if (one.row.hidden) filter?.clear();
  setOpen(one, true);
  one.button.focus({ preventScroll: true });
  one.row.scrollIntoView({ block: 'start' });
}

// Where the address already names the case, a link to it changes nothing, and the case may be closed.
document.addEventListener('click', ({ target }) => {
  const link = target instanceof Element && target.closest<HTMLAnchorElement>('a[href^="#"]');
  if (link && link.hash === location.hash) show(link.hash);
});
addEventListener('hashchange', () => show(location.hash));
// A browser goes to what the address names when the page is loaded, and takes the focus with it.
addEventListener('load', () => setTimeout(() => show(location.hash)));
