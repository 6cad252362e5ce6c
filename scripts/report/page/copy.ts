import { el, say } from './dom.ts';

/** A button that copies a text, and says so. */
export function copyButton(what: string, text: string): HTMLButtonElement {
  const button = el(
    'button',
    { type: 'button', class: 'copy' },
    'Copy',
    el('span', { class: 'hidden' }, ` ${what}`),
  );
  button.addEventListener('click', async () => {
    const done = await copy(text);
    say(done ? `Copied ${what}.` : `This browser does not let the page copy ${what}: select the text.`);
    const label = button.firstChild;
    if (!label) return;
    label.textContent = done ? 'Copied' : 'Not copied';
    setTimeout(() => {
      label.textContent = 'Copy';
    }, 2000);
  });
  return button;
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** The old way: a page that was opened as a file has no other in some browsers. */
function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const area = el('textarea', { class: 'hidden', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  let done = false;
  try {
    done = document.execCommand('copy');
  } catch {
    // Not copied, which the button says.
  }
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
