/** The operator's console's composition root: joins the element, the coordinator's operator routes and this browser. */
import { systemClock } from '../core/clock.ts';
import type { Language } from './language.ts';
import { browserOperator } from './operator-network.ts';
import './operator-page.ts';
import { OperatorWatch, type TokenPlace } from './operator-watch.ts';
import { keep, readKept, storageOf } from './storage.ts';
import type { OperatorStrings } from './strings-operator.ts';
import type { ShownStrings } from './strings-shown.ts';
import { dressPage, pageLanguage, whileVisible } from './watched-page.ts';

const KEY = 'tilework-operator-token';

/** Where a page may keep nothing, the token lasts until the page is left. */
function sessionPlace(): TokenPlace {
  const storage = storageOf(globalThis, 'sessionStorage');
  return {
    read: () => readKept(storage, KEY) ?? undefined,
    keep(token) {
      if (token === undefined) storage?.removeItem(KEY);
      else keep(storage, KEY, token);
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

const [strings, shown] = await stringsFor(pageLanguage());
dressPage(strings.locale, strings.title, { link: strings.network, footer: strings.footer });

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
whileVisible(watch);
