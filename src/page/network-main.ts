/** The network page's composition root: joins the element, the public figures and this browser. */
import { systemClock } from '../core/clock.ts';
import { cryptoRng } from '../core/rng.ts';
import { Figures } from './figures.ts';
import { browserFigures } from './figures-network.ts';
import { chooseLanguage, type Language } from './language.ts';
import './network-page.ts';
import { NetworkWatch } from './network-watch.ts';
import { storageOf } from './storage.ts';
import type { ShownStrings } from './strings-shown.ts';

/** A page that stands elsewhere than its coordinator says where that is: <meta name="figures" content="https://…/">. */
const named = document.querySelector<HTMLMetaElement>('meta[name="figures"]')?.content ?? './';
const base = new URL(named, document.baseURI).href;

async function stringsFor(language: Language): Promise<ShownStrings> {
  if (language === 'de') return (await import('./strings-shown-de.ts')).shownDe;
  return (await import('./strings-shown-en.ts')).shownEn;
}

const figures = new Figures(browserFigures(base), systemClock, cryptoRng);
const watch = new NetworkWatch(figures, systemClock);
const page = document.querySelector('tilework-network')!;

const strings = await stringsFor(chooseLanguage(location.search, storageOf(globalThis), navigator.languages));
document.documentElement.lang = strings.locale;
document.title = `${strings.network.title} – Tilework`;
for (const [selector, text] of [
  ['.top a', strings.back],
  ['footer', strings.footer],
] as const) {
  const element = document.querySelector(selector);
  if (element) element.textContent = text;
}

page.strings = strings;
page.base = base;
page.actions = {
  chooseBoard: (by, window) => {
    watch.chooseBoard(by, window);
  },
  lookUp: (typed) => {
    watch.lookUp(typed);
  },
};
page.state = watch.state;
watch.onChange((state) => {
  page.state = state;
});

/** A hidden page asks nothing and holds no connection. */
function keepPace(): void {
  if (document.visibilityState === 'visible') watch.start();
  else watch.stop();
}
document.addEventListener('visibilitychange', keepPace);
addEventListener('online', () => {
  figures.wake();
});
keepPace();
// A link may bring one's own id along; what stands behind # is not sent to the server.
if (location.hash.length > 1) watch.lookUp(location.hash.slice(1));
