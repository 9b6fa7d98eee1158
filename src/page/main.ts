/** The page's composition root: joins the element, the contributor, this browser's clock and its network. */
import { loadConfig } from '../contributor/config.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';
import './app.ts';
import { browserScope } from './browser-scope.ts';
import { levelsOf } from './conduct.ts';
import type { Causes } from './causes.ts';
import { PageController } from './controller.ts';
import { chooseLanguage, known, type Language, rememberLanguage, StaticText } from './language.ts';
import { LaterContributor } from './later-contributor.ts';
import type { MemoryScope } from './memory-growth.ts';
import type { Notebook } from './notebook.ts';
import { OwnWishes } from './own-wishes.ts';
import type { PictureWatch } from './picture.ts';
import { Sections } from './sections.ts';
import { pageTitle } from './sentences.ts';
import { ChosenSettings, readAddress, traitsOf } from './settings.ts';
import { storageOf } from './storage.ts';
import type { Strings } from './strings.ts';
import { stringsEn } from './strings-en.ts';
import type { ServiceWorkersLike } from './update.ts';
import { Visit } from './visit.ts';

let clockOffMs = 0;

async function fetchJson(path: string): Promise<unknown> {
  const response = await fetch(path, { cache: 'no-store', headers: { accept: 'application/json' } });
  if (!response.ok) throw new AppError('unreachable', `${path} answered ${response.status}`);
  const serverMs = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isNaN(serverMs)) clockOffMs = systemClock.now() - serverMs;
  return response.json();
}

const metaOf = (name: string): string | undefined =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;

/** Workers have another address than the page, so they are told whole URLs. */
const absolute = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).href : undefined;

const storage = storageOf(globalThis);
const settings = new ChosenSettings(location.search, storage);
const controller = new PageController({
  contributor: new LaterContributor(async () =>
    (await import('../contributor/client.ts')).createContributor(),
  ),
  loadConfig: async () => {
    const metaCoordinator = metaOf('coordinator');
    const config = await loadConfig(location, metaCoordinator, fetchJson, metaOf('log'), metaOf('api'));
    return { ...config, log: absolute(config.log), api: absolute(config.api) };
  },
  address: readAddress(location.search),
  levels: levelsOf(settings.now),
  clock: systemClock,
  rng: cryptoRng,
});
const wishes = new OwnWishes(controller, storage);
const visit = new Visit({
  scope: browserScope(globalThis),
  clock: systemClock,
  controller,
  settings,
  storage,
  wishes,
  renewal: {
    container: navigator.serviceWorker as unknown as ServiceWorkersLike | undefined,
    base: document.baseURI,
    memory: globalThis as unknown as MemoryScope,
    reload: () => location.reload(),
  },
});

const page = document.querySelector('tilework-page') ?? document.createElement('tilework-page');
if (!page.isConnected) document.body.append(page);
page.traits = traitsOf(globalThis);
page.visit = visit;

let language = chooseLanguage(location.search, storage, navigator.languages);
let strings: Strings = stringsEn;
const staticText = new StaticText(document);

let resumed = false;
let notebook: Promise<Notebook> | undefined;
/** From the first start on, and for whoever reads in it. */
function openNotebook(): Promise<Notebook> {
  notebook ??= import('./notebook.ts').then(
    ({ Notebook: Book }) =>
      new Book({ visit, clock: systemClock, storage, resumed, onChange: () => page.requestUpdate() }),
  );
  // What could not be brought is tried again.
  notebook.catch(() => (notebook = undefined));
  return notebook;
}

const sections = new Sections(
  async () => {
    const [{ makeParts }, book] = await Promise.all([import('./section-parts.ts'), openNotebook()]);
    return makeParts({
      visit,
      clock: systemClock,
      wishes,
      notebook: book,
      picture: () => picture,
      address: location.host,
      onChange: () => page.requestUpdate(),
    });
  },
  language,
  () => page.requestUpdate(),
);
page.sections = sections;

/** Brought after the first paint. A page that stands elsewhere than its coordinator says where that is, as network.html does. */
let picture: Promise<PictureWatch> | undefined;
async function makePicture(): Promise<PictureWatch> {
  const { watchPicture } = await import('./picture.ts');
  return watchPicture({
    base: absolute(metaOf('figures') ?? './') ?? document.baseURI,
    clock: systemClock,
    rng: cryptoRng,
    language,
    onChange: (shown) => (page.picture = shown),
  });
}

async function speak(wanted: Language): Promise<void> {
  const [words, texts] =
    wanted === 'de'
      ? await Promise.all([
          import('./strings-de.ts').then(({ stringsDe }) => stringsDe),
          import('./strings-static-de.ts').then(({ staticDe }) => staticDe),
        ])
      : [stringsEn, undefined];
  if (wanted !== language) return;
  strings = words;
  document.documentElement.lang = words.locale;
  document.documentElement.dir = words.dir;
  staticText.show(texts);
  sections.speak(wanted);
  void picture?.then((watch) => watch.speak(wanted));
  page.strings = words;
  showTitle();
}

function showTitle(): void {
  const { status, wanted } = controller.state;
  document.title = pageTitle(status, wanted, strings);
}

const selector = document.querySelector<HTMLSelectElement>('#language');
if (selector) {
  selector.value = language;
  selector.addEventListener('change', () => {
    language = known(selector.value) ?? 'en';
    rememberLanguage(language, storage);
    void speak(language);
  });
}

/** What stands behind a problem is looked into once there is one. */
let forbidden = false;
let causes: Promise<Causes> | undefined;
async function explain(): Promise<Causes> {
  const [{ Causes: Found, storageRefused }, { causesDe, causesEn }] = await Promise.all([
    import('./causes.ts'),
    import('./strings-causes.ts'),
  ]);
  return new Found({
    storageRefused,
    forbidden: () => forbidden,
    answers: () =>
      fetch(controller.state.config?.api ?? './', { cache: 'no-store' }).then(
        () => true,
        () => false,
      ),
    onChange: (cause) => (page.cause = cause && (language === 'de' ? causesDe : causesEn)[cause]),
  });
}
document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
  forbidden ||= effectiveDirective === 'connect-src';
});

visit.onChange(({ page: { status, wanted } }) => {
  showTitle();
  if (wanted && !notebook) void openNotebook().catch(() => {});
  page.clockOffMs = clockOffMs;
  // Without them it is said less exactly.
  if (status.problem) causes ??= explain();
  void causes?.then((found) => found.look(controller.state.status)).catch(() => (causes = undefined));
});

/** A hidden page follows no figures and holds no connection for them. */
function keepPace(): void {
  // A link that names another coordinator says nothing of its figures.
  if (controller.address.namedCoordinators.length > 0) return;
  const visible = document.visibilityState === 'visible';
  if (!visible) void notebook?.then((book) => book.flush());
  if (visible) picture ??= makePicture();
  void picture?.then(
    (watch) => (visible ? watch.start() : watch.stop()),
    () => (picture = undefined),
  );
}
document.addEventListener('visibilitychange', keepPace);
addEventListener('pagehide', () => void notebook?.then((book) => book.flush()));
addEventListener('online', () => void picture?.then((watch) => watch.wake()));

await speak(language);
keepPace();
resumed = visit.begin();
