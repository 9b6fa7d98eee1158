/** What the pages that only show figures have in common: their words, and that they ask nothing while nobody looks. */
import { chooseLanguage, type Language } from './language.ts';
import { storageOf } from './storage.ts';

/** Chosen before, asked for in the address, or the browser's. */
export function pageLanguage(): Language {
  return chooseLanguage(location.search, storageOf(globalThis), navigator.languages);
}

/** @param texts - what stands around the element: the link at the top, the line at the bottom */
export function dressPage(locale: string, title: string, texts: { link: string; footer: string }): void {
  document.documentElement.lang = locale;
  document.title = `${title} – Tilework`;
  for (const [selector, text] of [
    ['.top a', texts.link],
    ['footer', texts.footer],
  ] as const) {
    const element = document.querySelector(selector);
    if (element) element.textContent = text;
  }
}

/** Runs it while the page is visible. */
export function whileVisible(watch: { start(): void; stop(): void }): void {
  const keepPace = (): void => {
    if (document.visibilityState === 'visible') watch.start();
    else watch.stop();
  };
  document.addEventListener('visibilitychange', keepPace);
  keepPace();
}
