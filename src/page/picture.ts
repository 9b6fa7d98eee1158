/**
 * The product as everybody lays it, live: follows the coordinator's public figures while the page is seen. Brought, with the
 * mosaic's code, after the first paint. A coordinator without figures costs a question a minute.
 */
import { type Clock, sleep } from '../core/clock.ts';
import type { NetworkView } from '../core/v1.ts';
import type { Rng } from '../core/rng.ts';
import { Figures } from './figures.ts';
import { browserFigures } from './figures-network.ts';
import type { Language } from './language.ts';
import type { MosaicState } from './mosaic-state.ts';
import './mosaic.ts';
import type { ShownStrings } from './strings-shown.ts';

/** Asked anew after so long: jobs come and go, and their titles with them. */
const ASK_MS = 60_000;
/** While there has not been a product yet. */
const ASK_SOON_MS = 10_000;
const NAMES = 100;

export interface Picture {
  readonly mosaic: MosaicState | undefined;
  readonly live: boolean;
  readonly names: ReadonlyMap<string, string>;
  readonly strings: ShownStrings;
  /** What its requester calls the work of a project, or ''. */
  about(project: string | undefined): string;
}

export interface PictureOptions {
  readonly figures: Figures;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly language: Language;
  readonly onChange: (picture: Picture) => void;
}

export class PictureWatch {
  readonly #options: PictureOptions;
  #running: AbortController | undefined;
  #language: Language;
  #strings: ShownStrings | undefined;
  #network: NetworkView | undefined;
  #names: ReadonlyMap<string, string> = new Map();

  constructor(options: PictureOptions) {
    this.#options = options;
    this.#language = options.language;
    options.figures.onChange(() => this.#tell());
  }

  get figures(): Figures {
    return this.#options.figures;
  }

  /** While the page is seen. */
  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#options.figures.stop();
  }

  /** The network is back: no need to sit out a wait. */
  wake(): void {
    this.#options.figures.wake();
  }

  async speak(language: Language): Promise<void> {
    this.#language = language;
    if (!this.#strings) return;
    await this.#load();
    this.#tell();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { figures, clock, rng } = this.#options;
    while (!signal.aborted) {
      let laid = this.#strings !== undefined;
      try {
        this.#network = await figures.network(signal);
        // A coordinator that never had a job answers 404 for its mosaic, which browsers write on their console.
        const { jobsRunning, shardsVerified } = this.#network;
        laid ||= jobsRunning > 0 || shardsVerified > 0;
        if (laid && !this.#strings) await this.#load();
        if (laid && !signal.aborted) {
          figures.follow();
          await this.#askNames(signal);
          this.#tell();
        }
      } catch {
        laid = true; // there may be no figures here at all: ask seldom
      }
      await sleep(clock, (laid ? ASK_MS : ASK_SOON_MS) * (0.75 + rng.float() / 2), signal).catch(() => {});
    }
  }

  async #load(): Promise<void> {
    this.#strings = await wordsOf(this.#language);
  }

  async #askNames(signal: AbortSignal): Promise<void> {
    try {
      const { rows } = await this.#options.figures.leaderboard('contributor', 'all', NAMES, signal);
      this.#names = new Map(rows.map(({ contributor, name }) => [contributor, name]));
    } catch {
      // Tiles are somebody's without a name, too.
    }
  }

  #tell(): void {
    const { figures, onChange } = this.#options;
    const strings = this.#strings;
    if (!strings) return;
    const { mosaic, live } = figures.state;
    const jobs = this.#network?.jobs ?? [];
    onChange({
      mosaic,
      live,
      names: this.#names,
      strings,
      about: (project) => jobs.find((job) => job.project === project && job.title)?.title ?? '',
    });
  }
}

async function wordsOf(language: Language): Promise<ShownStrings> {
  if (language === 'de') return (await import('./strings-shown-de.ts')).shownDe;
  return (await import('./strings-shown-en.ts')).shownEn;
}

/** @param options.base - absolute URL of the coordinator, with a slash at its end */
export function watchPicture({
  base,
  ...options
}: Omit<PictureOptions, 'figures'> & { readonly base: string }): PictureWatch {
  const figures = new Figures(browserFigures(base), options.clock, options.rng);
  return new PictureWatch({ ...options, figures });
}
