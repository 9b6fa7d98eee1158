/** Which language the page speaks, and its static text in that language. English stands in the markup itself. */
import { keep, readKept } from './storage.ts';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = 'tilework-language';

/** First what the address asks for, then what was chosen here earlier, then what the browser prefers. */
export function chooseLanguage(
  search: string,
  kept: Pick<Storage, 'getItem'> | undefined,
  preferred: readonly string[],
): Language {
  const asked = [new URLSearchParams(search).get('lang'), readKept(kept, KEY) ?? null, ...preferred];
  return asked.map(known).find((language) => language !== undefined) ?? 'en';
}

export function rememberLanguage(language: Language, kept: Pick<Storage, 'setItem'> | undefined): void {
  keep(kept, KEY, language);
}

/** 'de' of "de-AT"; undefined for a language that nobody has written yet. */
export function known(tag: string | null | undefined): Language | undefined {
  const primary = tag?.toLowerCase().split(/[-_]/, 1)[0];
  return LANGUAGES.find((language) => language === primary);
}

/** Writes `texts` where elements name them by `data-text`; what has no text there gets its English back. */
export class StaticText {
  readonly #root: ParentNode;
  readonly #english = new Map<Element, string>();

  constructor(root: ParentNode) {
    this.#root = root;
  }

  show(texts: Readonly<Record<string, string>> | undefined): void {
    for (const element of Array.from(this.#root.querySelectorAll<HTMLElement>('[data-text]'))) {
      const english = this.#english.get(element) ?? element.textContent;
      this.#english.set(element, english);
      const text = texts?.[element.dataset['text'] ?? ''] ?? english;
      if (element.textContent !== text) element.textContent = text;
    }
  }
}
