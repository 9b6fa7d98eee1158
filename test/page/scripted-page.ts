/** The real element over a contributor, and in a browser, that do nothing but what the test says. */
import type {
  Contributor,
  ContributorOptions,
  ContributorStatus,
  RateCaps,
} from '../../src/contributor/api.ts';
import { STOPPED } from '../../src/contributor/api.ts';
import { Emitter } from '../../src/core/async.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AppError, type ErrorCode } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import '../../src/page/app.ts';
import { PageController } from '../../src/page/controller.ts';
import { browserScope, type BrowserScope } from '../../src/page/browser-scope.ts';
import { levelsOf } from '../../src/page/conduct.ts';
import type { Language } from '../../src/page/language.ts';
import { StaticText } from '../../src/page/language.ts';
import { Notebook } from '../../src/page/notebook.ts';
import { OwnWishes } from '../../src/page/own-wishes.ts';
import { Sections } from '../../src/page/sections.ts';
import { type BrowserTraits, ChosenSettings, readAddress } from '../../src/page/settings.ts';
import { makeParts } from '../../src/page/section-parts.ts';
import { stringsDe } from '../../src/page/strings-de.ts';
import { stringsEn } from '../../src/page/strings-en.ts';
import { staticDe } from '../../src/page/strings-static-de.ts';
import { shownDe } from '../../src/page/strings-shown-de.ts';
import { shownEn } from '../../src/page/strings-shown-en.ts';
import type { ShownStrings } from '../../src/page/strings-shown.ts';
import { mosaicFrom } from '../../src/page/mosaic-state.ts';
import type { Picture } from '../../src/page/picture.ts';
import '../../src/page/mosaic.ts';
import { Visit } from '../../src/page/visit.ts';
import { FakeBattery, FakeConnection, FakeIdle, FakeSentinel, Target } from './fake-scope.ts';

/** The visitor's, in everything that is made up here. */
const PEER = '12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f';

class ScriptedContributor implements Contributor {
  status: ContributorStatus = STOPPED;
  starts: ContributorOptions[] = [];
  stops = 0;
  intensities: number[] = [];
  diskBudgets: number[] = [];
  cleared = 0;
  onDisk = 0;
  holdStop: Promise<void> | undefined;
  readonly #statuses = new Emitter<ContributorStatus>();

  start(options: ContributorOptions): Promise<void> {
    this.starts.push(options);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stops += 1;
    await this.holdStop;
    this.say({ ...STOPPED });
  }

  setIntensity(share: number): void {
    this.intensities.push(share);
  }

  setDiskBudget(bytes: number): void {
    this.diskBudgets.push(bytes);
  }

  pauses: boolean[] = [];
  caps: RateCaps[] = [];
  memory: number[] = [];
  finishes = 0;

  setPaused(paused: boolean): void {
    this.pauses.push(paused);
    if (this.status.stage !== 'stopped') this.say({ paused });
  }

  finish(): Promise<void> {
    this.finishes += 1;
    this.say({ finishing: true });
    return Promise.resolve();
  }

  setRateCaps(caps: RateCaps): void {
    this.caps.push(caps);
  }

  setMemoryBudget(bytes: number): void {
    this.memory.push(bytes);
  }

  setProfile(): void {}

  setProjects(): void {}

  clearDisk(): Promise<void> {
    this.cleared += 1;
    this.onDisk = 0;
    return Promise.resolve();
  }

  measureDisk(): Promise<number> {
    return Promise.resolve(this.onDisk);
  }

  wake(): void {}

  onStatus(listener: (status: ContributorStatus) => void): () => void {
    return this.#statuses.on(listener);
  }

  say(change: Partial<ContributorStatus>): void {
    this.status = { ...this.status, ...change };
    this.#statuses.emit(this.status);
  }
}

/** A browser that can tell everything; each part says what the test lets it say. */
class ScriptedBrowser {
  readonly battery = new FakeBattery();
  readonly connection = new FakeConnection();
  readonly idle = new FakeIdle();
  readonly document = Object.assign(new Target(), { visibilityState: 'visible' });
  readonly window = new Target();
  online = true;
  awake = 0;
  tones = 0;
  badges: number[] = [];
  pressure = (_state: string): void => {};
  readonly scope: BrowserScope;

  constructor(lacks: readonly string[]) {
    const has = <T>(name: string, value: T): T | undefined => (lacks.includes(name) ? undefined : value);
    // eslint-disable-next-line typescript/no-this-alias
    const told = this;
    const { idle } = this;
    this.connection.type = 'wifi';
    this.scope = {
      document: this.document,
      addEventListener: (type, listener) => this.window.addEventListener(type, listener),
      removeEventListener: (type, listener) => this.window.removeEventListener(type, listener),
      navigator: {
        get onLine() {
          return told.online;
        },
        connection: has('connection', this.connection),
        permissions: {
          query: () =>
            Promise.resolve(
              Object.defineProperty(idle.status as Target & { state: string }, 'state', {
                configurable: true,
                get: () => idle.permission,
              }),
            ),
        },
        ...(lacks.includes('battery') ? {} : { getBattery: () => Promise.resolve(this.battery) }),
        wakeLock: has('wakeLock', {
          request: () => {
            this.awake += 1;
            const sentinel = new FakeSentinel();
            sentinel.addEventListener('release', () => (this.awake -= 1));
            return Promise.resolve(sentinel);
          },
        }),
        setAppBadge: (count: number) => Promise.resolve(void this.badges.push(count)),
        clearAppBadge: () => Promise.resolve(void this.badges.push(0)),
      },
      IdleDetector: has('idle', idle.detectorClass()),
      PressureObserver: has(
        'pressure',
        class {
          constructor(callback: (records: readonly { readonly state: string }[]) => void) {
            told.pressure = (state) => callback([{ state }]);
          }
          observe(): Promise<void> {
            return Promise.resolve();
          }
          disconnect(): void {}
        },
      ),
      AudioContext: has(
        'tone',
        class extends Target {
          state = 'running';
          destination = {} as AudioNode;
          constructor() {
            super();
            told.tones += 1;
          }
          createOscillator(): OscillatorNode {
            return { frequency: {}, connect: () => {}, start: () => {} } as unknown as OscillatorNode;
          }
          createGain(): GainNode {
            return { gain: {}, connect: () => {} } as unknown as GainNode;
          }
          resume(): Promise<void> {
            return Promise.resolve();
          }
          close(): Promise<void> {
            told.tones -= 1;
            return Promise.resolve();
          }
        },
      ),
    };
  }
}

let contributor = new ScriptedContributor();
let browser = new ScriptedBrowser([]);
let visit: Visit | undefined;
let releaseStop: (() => void) | undefined;
/** By which the page goes, ahead of the browser's. */
let aheadMs = 0;
let kept = new Map<string, string>();
const staticText = new StaticText(document);

export interface MountOptions {
  readonly search?: string;
  readonly traits?: BrowserTraits;
  /** The error that finding the coordinator ends with. */
  readonly configError?: ErrorCode;
  readonly language?: Language;
  /** What this browser does not have: 'battery', 'connection', 'idle', 'pressure', 'wakeLock', 'tone'. */
  readonly lacks?: readonly string[];
  /** As at the visit before: what was chosen is still there. */
  readonly again?: boolean;
  /** A product that is being laid, of so many tiles each way. */
  readonly picture?: number;
  /** Locks and channels are the real browser's, as they are between its tabs. */
  readonly tabs?: boolean;
}

/** Somebody's product, mostly laid, and a part of it by the visitor. */
function made(tiles: number, strings: ShownStrings): Picture {
  const owner = (tile: number): number => {
    const [row, column] = [Math.floor(tile / tiles), tile % tiles];
    if (row * tiles + column > tiles * tiles * 0.72 + 5 * Math.sin(column)) return 0;
    return column > tiles * 0.2 && column < tiles * 0.5 && row > tiles * 0.2 && row < tiles * 0.55 ? 1 : 2;
  };
  const mosaic = mosaicFrom({
    job: 'made',
    project: 'Handwritten digits',
    state: 'running',
    rows: tiles,
    cols: tiles,
    tileRows: 1,
    tileCols: 1,
    cells: Array.from({ length: tiles * tiles }, (_, tile) => [1, owner(tile)]).flat(),
    verified: null,
    contributors: [PEER, '12D3KooWSomebodyElse'],
    version: 'e-1',
  });
  return {
    mosaic,
    live: true,
    names: new Map(),
    strings,
    about: () => 'Nearest neighbours of 70,000 pictures',
  };
}

/** What is on disk when the next page is mounted. */
let onDisk = 0;

export function leaveOnDisk(bytes: number): void {
  onDisk = bytes;
}

/** A fresh element in place of the page's own. */
export function mount({
  search = '',
  traits,
  configError,
  language = 'en',
  lacks = [],
  again = false,
  tabs = false,
  picture,
}: MountOptions = {}): void {
  visit?.close();
  if (!again) kept = new Map();
  aheadMs = 0;
  contributor = new ScriptedContributor();
  contributor.onDisk = onDisk;
  browser = new ScriptedBrowser(lacks);
  const clock = { now: () => systemClock.now() + aheadMs, after: systemClock.after.bind(systemClock) };
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const settings = new ChosenSettings(search, storage);
  const controller = new PageController({
    contributor,
    loadConfig: () =>
      configError
        ? Promise.reject(new AppError(configError, 'coordinator.json could not be read'))
        : Promise.resolve({ addresses: ['/ip4/127.0.0.1/tcp/1/ws/p2p/x'], source: 'file' }),
    address: readAddress(search),
    levels: levelsOf(settings.now),
    clock: systemClock,
    rng: seededRng(1),
  });
  const real = browserScope(globalThis);
  const scope = tabs
    ? {
        ...browser.scope,
        navigator: { ...browser.scope.navigator, locks: real.navigator.locks },
        BroadcastChannel: real.BroadcastChannel,
      }
    : browser.scope;
  const wishes = new OwnWishes(controller, storage);
  const shown = new Visit({ scope, clock, controller, settings, storage, wishes });
  visit = shown;
  const page = document.createElement('tilework-page');
  page.traits = traits ?? { secureContext: true, webgpu: true, workers: true };
  page.visit = shown;
  const german = language === 'de';
  page.strings = german ? stringsDe : stringsEn;
  document.documentElement.lang = language;
  staticText.show(german ? staticDe : undefined);
  const changed = (): void => page.requestUpdate();
  const notebook = new Notebook({ visit: shown, clock, storage, resumed: false, onChange: changed });
  page.sections = new Sections(
    () =>
      Promise.resolve(
        makeParts({
          visit: shown,
          clock,
          wishes,
          notebook,
          picture: () => undefined,
          address: 'tilework.example',
          onChange: changed,
        }),
      ),
    language,
    changed,
  );
  if (picture) page.picture = made(picture, german ? shownDe : shownEn);
  document.querySelector('tilework-page')?.replaceWith(page);
}

/** What the browser says of the moment, from now on. */
export interface Moment {
  readonly charging?: boolean;
  readonly level?: number;
  readonly user?: 'active' | 'idle';
  readonly permission?: string;
  readonly pressure?: string;
  readonly network?: string;
  readonly online?: boolean;
  readonly visible?: boolean;
  /** This much later, by the page's clock. */
  readonly laterMs?: number;
}

export async function happen(moment: Moment): Promise<void> {
  const { charging, level, user, permission, pressure, network, online, visible, laterMs = 0 } = moment;
  const { battery, connection, idle, document: seen, window } = browser;
  aheadMs += laterMs;
  if (charging !== undefined) battery.charging = charging;
  if (level !== undefined) battery.level = level;
  battery.fire('levelchange');
  if (permission !== undefined) idle.answer = permission;
  if (user) for (const { detector } of idle.started) detector.say(user, 'unlocked');
  if (pressure !== undefined) browser.pressure(pressure);
  if (network !== undefined) connection.type = network;
  connection.fire('change');
  if (online !== undefined) {
    browser.online = online;
    window.fire(online ? 'online' : 'offline');
  }
  if (visible !== undefined) {
    seen.visibilityState = visible ? 'visible' : 'hidden';
    seen.fire('visibilitychange');
  }
  await document.querySelector('tilework-page')?.updateComplete;
}

type Credits = 'microcredits' | 'balanceMicrocredits';
/** A status as it comes through the test's connection to the browser, which knows no bigint. */
export type Told = Partial<Omit<ContributorStatus, Credits> & Record<Credits, number>>;

/** What the contributor reports next; drawn when this resolves. */
export async function say({ microcredits, balanceMicrocredits, ...change }: Told): Promise<void> {
  contributor.say({
    ...change,
    ...(microcredits === undefined ? {} : { microcredits: BigInt(microcredits) }),
    ...(balanceMicrocredits === undefined ? {} : { balanceMicrocredits: BigInt(balanceMicrocredits) }),
  });
  await document.querySelector('tilework-page')?.updateComplete;
}

export interface Calls {
  readonly starts: readonly ContributorOptions[];
  readonly stops: number;
  readonly finishes: number;
  readonly pauses: readonly boolean[];
  readonly intensities: readonly number[];
  readonly caps: readonly RateCaps[];
  readonly memory: readonly number[];
  readonly diskBudgets: readonly number[];
  /** How often the disk was cleared. */
  readonly cleared: number;
  /** Screens held awake and tones that sound, now. */
  readonly awake: number;
  readonly tones: number;
  readonly badge: number | undefined;
}

export function calls(): Calls {
  const { starts, stops, finishes, pauses, intensities, caps, memory, diskBudgets, cleared } = contributor;
  const { awake, tones, badges } = browser;
  return {
    starts,
    stops,
    finishes,
    pauses,
    intensities,
    caps,
    memory,
    diskBudgets,
    cleared,
    awake,
    tones,
    badge: badges.at(-1),
  };
}

export function holdStop(): void {
  contributor.holdStop = new Promise((resolve) => {
    releaseStop = resolve;
  });
}

export function letStop(): void {
  releaseStop?.();
}
