/** The operator's console's composition root: joins the element, the coordinator's operator routes and this browser. */
import { systemClock } from '../core/clock.ts';
import { chooseLanguage, type Language } from './language.ts';
import { browserOperator } from './operator-network.ts';
import './operator-page.ts';
import { OperatorWatch, type TokenPlace } from './operator-watch.ts';
import { storageOf } from './storage.ts';
import type { OperatorStrings } from './strings-operator.ts';
import type { ShownStrings } from './strings-shown.ts';

const KEY = 'tilework-operator-token';

/** Undefined where a page may keep nothing: then the token lasts until the page is left. */
function sessionPlace(): TokenPlace {
  const storage = (() => {
    try {
      return globalThis.sessionStorage;
    } catch {
      return undefined;
    }
  })();
  return {
    read: () => storage?.getItem(KEY) ?? undefined,
    keep(token) {
      if (token === undefined) storage?.removeItem(KEY);
      else storage?.setItem(KEY, token);
    },
  };
}

async function stringsFor(language: Language): Promise<[OperatorStrings, ShownStrings]> {
  if (language === 'de')
    return [
      (await import('./strings-operator-de.ts')).operatorDe,
      (await import('./strings-shown-de.ts')).shownDe,
    ];
  return [
    (await import('./strings-operator-en.ts')).operatorEn,
    (await import('./strings-shown-en.ts')).shownEn,
  ];
}

const base = new URL('./', document.baseURI).href;
const watch = new OperatorWatch(browserOperator(base), systemClock, sessionPlace());
const page = document.querySelector('tilework-operator')!;

const [strings, shown] = await stringsFor(
  chooseLanguage(location.search, storageOf(globalThis), navigator.languages),
);
document.documentElement.lang = strings.locale;
document.title = `${strings.title} – Tilework`;
for (const [selector, text] of [
  ['.top a', strings.network],
  ['footer', strings.footer],
] as const) {
  const element = document.querySelector(selector);
  if (element) element.textContent = text;
}

page.strings = strings;
page.shown = shown;
page.actions = {
  enter: (token) => watch.enter(token),
  forget: () => watch.forget(),
  again: () => watch.again(),
  search: (text) => watch.search(text),
  show: (job) => watch.show(job),
  order: (order, reason) => void watch.order(order, reason),
  undo: () => void watch.undo(),
  dismiss: () => watch.dismiss(),
};
page.state = watch.state;
watch.onChange((state) => {
  page.state = state;
});

/** A hidden page asks nothing. */
function keepPace(): void {
  if (document.visibilityState === 'visible') watch.start();
  else watch.stop();
}
document.addEventListener('visibilitychange', keepPace);
keepPace();
