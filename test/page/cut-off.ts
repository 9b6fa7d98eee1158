/** Texts that are longer than the place they have. Runs inside the browser. */

/** What a list may say, of lists that are too narrow for it; buttons and cells whose text leaves them. */
export function cutOff(): string[] {
  const found: string[] = [];
  for (const select of document.querySelectorAll('select')) {
    if (!select.checkVisibility()) continue;
    // As wide as its longest choice, if nothing holds it back.
    const free = select.cloneNode(true) as HTMLSelectElement;
    Object.assign(free.style, { position: 'absolute', width: 'max-content', maxInlineSize: 'none' });
    select.after(free);
    if (free.offsetWidth > select.offsetWidth + 1)
      found.push(`${select.id}: ${free.offsetWidth} > ${select.offsetWidth} px`);
    free.remove();
  }
  const others = document.querySelectorAll<HTMLElement>('button, .badge, dd, dt, legend, .stage-label');
  for (const { scrollWidth, clientWidth, innerText } of others) {
    // What only screen readers are told has no width.
    if (clientWidth > 8 && scrollWidth > clientWidth + 1)
      found.push(`${innerText}: ${scrollWidth} > ${clientWidth} px`);
  }
  return found;
}
