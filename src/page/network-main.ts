/** The network page's composition root: joins the element, the public figures and this browser. */
import { systemClock } from '../core/clock.ts';
import { cryptoRng } from '../core/rng.ts';
import { Figures } from './figures.ts';
import { browserFigures } from './figures-network.ts';
import type { Language } from './language.ts';
import './network-page.ts';
import { NetworkWatch } from './network-watch.ts';
import type { ShownStrings } from './strings-shown.ts';
import { dressPage, pageLanguage, whileVisible } from './watched-page.ts';

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

const strings = await stringsFor(pageLanguage());
dressPage(strings.locale, strings.network.title, { link: strings.back, footer: strings.footer });

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

addEventListener('online', () => {
  figures.wake();
});
whileVisible(watch);
// A link may bring one's own id along; what stands behind # is not sent to the server.
if (location.hash.length > 1) watch.lookUp(location.hash.slice(1));
