/**
 * Reads the coordinator's public figures: asks for them, and follows the mosaic live. No DOM and no global here:
 * what opens connections is a parameter (figures-network.ts in a browser). Nothing is sent that says who asks.
 */
import { Emitter } from '../core/async.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { NetworkView } from '../core/v1.ts';
import type {
  ContributorFiguresView,
  LeaderboardBy,
  LeaderboardView,
  LeaderboardWindow,
  NetworkEvent,
  ProjectView,
} from '../core/v1-figures.ts';
import {
  readContributor,
  readJobEvent,
  readLeaderboard,
  readMosaic,
  readNetwork,
  readNetworkEvent,
  readProjects,
  readVerified,
} from './figures-json.ts';
import { type MosaicState, type NumberedEvent, fold, mosaicFrom } from './mosaic-state.ts';

/** How the coordinator is reached. */
export interface FiguresNetwork {
  /** GET of a path below the coordinator. @throws AppError 'not-found', 'rate-limited', 'unreachable' */
  json(path: string, signal: AbortSignal): Promise<unknown>;
  /** Server-sent events of a path, until what it returns is called. `failed` is the last call of all. */
  events(path: string, listener: EventListener): () => void;
}

export interface EventListener {
  /** @param id - of this event, or of the last one that had one */
  readonly event: (name: string, id: string, data: string) => void;
  readonly failed: () => void;
}

export interface FiguresState {
  /** Undefined before it is known, and where there was no job yet. */
  readonly mosaic: MosaicState | undefined;
  readonly network: NetworkEvent | undefined;
  /** False while the coordinator is not heard: what is shown may be old. */
  readonly live: boolean;
  /** Tiles that lit up with this change. */
  readonly lit: readonly number[];
}

/** The coordinator says something every five seconds. */
const SILENCE_MS = 20_000;
/** Events that are folded together: a frame or two late, and a burst costs one drawing. */
const FOLD_MS = 100;
/** In a hidden tab timers hardly run; no more than so many wait. */
const MAX_WAITING = 1000;
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 60_000;
/** All pages hear at once that a job has ended; they do not all ask at once for what comes next. */
const SPREAD_MS = 2000;

export class Figures {
  readonly #network: FiguresNetwork;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #changes = new Emitter<FiguresState>();
  #state: FiguresState = { mosaic: undefined, network: undefined, live: false, lit: [] };
  #following: AbortController | undefined;
  #wake: () => void = () => {};
  #waiting: NumberedEvent[] = [];
  #cancelFold: (() => void) | undefined;

  constructor(network: FiguresNetwork, clock: Clock, rng: Rng) {
    this.#network = network;
    this.#clock = clock;
    this.#rng = rng;
  }

  get state(): FiguresState {
    return this.#state;
  }

  onChange(listener: (state: FiguresState) => void): () => void {
    return this.#changes.on(listener);
  }

  /** Each of these: @throws AppError, 'unreachable' also for an answer that makes no sense. */
  async leaderboard(
    by: LeaderboardBy,
    window: LeaderboardWindow,
    limit: number,
    signal: AbortSignal,
  ): Promise<LeaderboardView> {
    return readLeaderboard(
      await this.#network.json(`v1/leaderboard?by=${by}&window=${window}&limit=${limit}`, signal),
    );
  }

  async contributor(id: string, signal: AbortSignal): Promise<ContributorFiguresView> {
    return readContributor(await this.#network.json(`v1/contributors/${encodeURIComponent(id)}`, signal));
  }

  async network(signal: AbortSignal): Promise<NetworkView> {
    return readNetwork(await this.#network.json('v1/network', signal));
  }

  async projects(signal: AbortSignal): Promise<readonly ProjectView[]> {
    return readProjects(await this.#network.json('v1/projects', signal));
  }

  /** Follows the mosaic and the network until `stop`; connects again by itself. */
  follow(): void {
    if (this.#following) return;
    this.#following = new AbortController();
    void this.#follow(this.#following.signal);
  }

  stop(): void {
    this.#following?.abort();
    this.#following = undefined;
    this.#dropWaiting();
    if (this.#state.live) this.#set({ live: false });
  }

  /** The network is back, or the page is visible again: no need to sit out a wait. */
  wake(): void {
    this.#wake();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        const mosaic = await this.#load(signal);
        if (signal.aborted) return;
        this.#set({ mosaic });
        await this.#listen(mosaic?.version, signal, () => (failures = 0));
        await this.#pause(this.#rng.float() * SPREAD_MS, signal);
      } catch {
        if (signal.aborted) return;
        this.#set({ live: false });
        await this.#pause(
          Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures) * (0.5 + this.#rng.float()),
          signal,
        );
        failures += 1;
      }
    }
  }

  async #load(signal: AbortSignal): Promise<MosaicState | undefined> {
    try {
      return mosaicFrom(readMosaic(await this.#network.json('v1/mosaic', signal)));
    } catch (error) {
      if (isAppError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  /** Resolves when the mosaic is to be fetched anew. @throws AppError when the stream fails */
  #listen(after: string | undefined, signal: AbortSignal, heard: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false;
      let cancelSilence: () => void = () => {};
      let close: () => void = () => {};
      const end = (settle: () => void): void => {
        if (over) return;
        over = true;
        cancelSilence();
        signal.removeEventListener('abort', stopped);
        close();
        this.#foldWaiting();
        settle();
      };
      const stopped = (): void => end(resolve);
      const failed = (): void => end(() => reject(new AppError('unreachable', 'the events have ended')));
      const watch = (): void => {
        cancelSilence();
        cancelSilence = this.#clock.after(SILENCE_MS, failed);
      };
      const event = (name: string, id: string, data: string): void => {
        if (over) return;
        watch();
        heard();
        try {
          if (this.#hear(name, id, JSON.parse(data))) end(resolve);
        } catch {
          failed(); // what makes no sense may make some after a pause
        }
      };
      watch();
      const path = after === undefined ? 'v1/events' : `v1/events?after=${encodeURIComponent(after)}`;
      close = this.#network.events(path, { event, failed });
      if (over) close();
      else if (signal.aborted) stopped();
      else signal.addEventListener('abort', stopped, { once: true });
    });
  }

  /** True when the mosaic has to be fetched anew. */
  #hear(name: string, id: string, data: unknown): boolean {
    if (!this.#state.live) this.#set({ live: true });
    switch (name) {
      case 'verified':
        this.#waiting.push({ id, event: readVerified(data) });
        if (this.#waiting.length >= MAX_WAITING) this.#foldWaiting();
        this.#cancelFold ??= this.#clock.after(FOLD_MS, () => {
          this.#foldWaiting();
        });
        return false;
      case 'network':
        this.#set({ network: readNetworkEvent(data) });
        return false;
      case 'job': {
        const { job, change } = readJobEvent(data);
        const { mosaic } = this.#state;
        return change === 'finished' ? job === mosaic?.job : mosaic?.state !== 'running';
      }
      case 'reset':
        return true;
      default:
        return false; // of a coordinator to come
    }
  }

  #foldWaiting(): void {
    const events = this.#waiting;
    this.#dropWaiting();
    const { mosaic } = this.#state;
    if (!mosaic || events.length === 0) return;
    const { state, lit } = fold(mosaic, events);
    if (state !== mosaic) this.#set({ mosaic: state, lit });
  }

  #dropWaiting(): void {
    this.#cancelFold?.();
    this.#cancelFold = undefined;
    this.#waiting = [];
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const awake = new AbortController();
    this.#wake = () => awake.abort();
    await sleep(this.#clock, ms, AbortSignal.any([signal, awake.signal])).catch(() => {});
    this.#wake = () => {};
  }

  #set(change: Partial<FiguresState>): void {
    this.#state = { ...this.#state, lit: [], ...change };
    this.#changes.emit(this.#state);
  }
}
