/** What the operator's console shows, when it asks for it, and what it orders. No DOM: network and clock are parameters. */
import { Emitter } from '../core/async.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { OperatorView } from '../core/v1-operator.ts';
import { readMosaic } from './figures-json.ts';
import { type MosaicState, mosaicFrom } from './mosaic-state.ts';
import { type OperatorNetwork, type Refusal, RefusedError } from './operator-network.ts';
import { type Order, inverse, reasonOf, requestOf } from './operator-orders.ts';
import { type Rates, ratesBetween } from './operator-rates.ts';

/** Where the token is kept: sessionStorage, so that it ends with the tab. */
export interface TokenPlace {
  read(): string | undefined;
  keep(token: string | undefined): void;
}

export interface Done {
  readonly order: Order;
  readonly undo: Order | undefined;
  /** What stands again gets the reason that it had. */
  readonly undoReason: string;
}

export interface OperatorState {
  /** 'asking' wants a token; 'stale' has lost the coordinator and shows what was heard last. */
  readonly stage: 'asking' | 'checking' | 'live' | 'stale';
  readonly refusal: Refusal | undefined;
  readonly view: OperatorView | undefined;
  readonly rates: Rates;
  readonly search: string;
  /** The job whose mosaic is open. */
  readonly job: string | undefined;
  readonly mosaic: MosaicState | undefined;
  /** The last order that was carried out, and what takes it back. */
  readonly done: Done | undefined;
  /** The coordinator's sentence about an order that was not. */
  readonly failed: string | undefined;
  readonly busy: boolean;
}

const POLL_MS = 2000;
/** While the coordinator is away. */
const MAX_POLL_MS = 10_000;
/** Somebody types. */
const TYPED_MS = 250;
const NO_RATES: Rates = { sent: undefined, received: undefined, of: new Map() };

export class OperatorWatch {
  readonly #network: OperatorNetwork;
  readonly #clock: Clock;
  readonly #place: TokenPlace;
  readonly #changes = new Emitter<OperatorState>();
  #token: string | undefined;
  #state: OperatorState;
  #running: AbortController | undefined;
  #asked = new AbortController();
  #wake = new AbortController();

  constructor(network: OperatorNetwork, clock: Clock, place: TokenPlace) {
    this.#network = network;
    this.#clock = clock;
    this.#place = place;
    this.#token = place.read();
    this.#state = {
      stage: this.#token === undefined ? 'asking' : 'checking',
      refusal: undefined,
      view: undefined,
      rates: NO_RATES,
      search: '',
      job: undefined,
      mosaic: undefined,
      done: undefined,
      failed: undefined,
      busy: false,
    };
  }

  get state(): OperatorState {
    return this.#state;
  }

  onChange(listener: (state: OperatorState) => void): () => void {
    return this.#changes.on(listener);
  }

  /** Asks until `stop`, as long as there is a token. */
  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#asked.abort();
  }

  enter(typed: string): void {
    const token = typed.trim();
    if (token === '') return;
    this.#token = token;
    this.#place.keep(token);
    this.#set({ stage: 'checking', refusal: undefined });
    this.#soon();
  }

  /** From this tab as well. */
  forget(): void {
    this.#refuse(undefined);
  }

  /** After what was wrong with the place has been changed. */
  again(): void {
    this.#set({ stage: this.#token === undefined ? 'asking' : 'checking', refusal: undefined });
    this.#soon();
  }

  search(text: string): void {
    this.#set({ search: text });
    this.#soon(TYPED_MS);
  }

  /** Opens a job's mosaic; the open one closes. */
  show(job: string): void {
    const open = this.#state.job === job ? undefined : job;
    this.#set({ job: open, mosaic: undefined });
    if (open !== undefined) this.#soon();
  }

  async order(order: Order, reason: string): Promise<void> {
    if (this.#token === undefined || this.#state.busy) return;
    const undoReason = this.#state.view ? reasonOf(order, this.#state.view) : '';
    this.#set({ busy: true, done: undefined, failed: undefined });
    try {
      await this.#network.send(requestOf(order, reason), this.#token);
      this.#set({ done: { order, undo: inverse(order), undoReason } });
    } catch (error) {
      if (error instanceof RefusedError) this.#refuse(error.refusal);
      else this.#set({ failed: toAppError(error).message });
    } finally {
      this.#set({ busy: false });
      this.#soon();
    }
  }

  /** Takes the last order back. */
  async undo(): Promise<void> {
    const { done } = this.#state;
    if (done?.undo) await this.order(done.undo, done.undoReason);
  }

  dismiss(): void {
    this.#set({ done: undefined, failed: undefined });
  }

  async #run(signal: AbortSignal): Promise<void> {
    let pauseMs = POLL_MS;
    while (!signal.aborted) {
      const woken = (this.#wake = new AbortController());
      if (this.#token !== undefined && this.#state.refusal === undefined) await this.#ask(this.#token);
      if (signal.aborted) return;
      pauseMs = this.#state.stage === 'stale' ? Math.min(MAX_POLL_MS, 2 * pauseMs) : POLL_MS;
      await sleep(this.#clock, pauseMs, AbortSignal.any([signal, woken.signal])).catch(() => {});
    }
  }

  /** What is asked for now is old: ask again. */
  #soon(ms = 0): void {
    const wake = this.#wake;
    this.#clock.after(ms, () => {
      this.#asked.abort();
      wake.abort();
    });
  }

  async #ask(token: string): Promise<void> {
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    const { search, job } = this.#state;
    try {
      const query =
        search.trim() === '' ? '' : `?${new URLSearchParams({ search: search.trim() }).toString()}`;
      const view = (await this.#network.get(`v1/operator${query}`, token, signal)) as OperatorView;
      if (signal.aborted || this.#token !== token) return;
      const rates = ratesBetween(this.#state.view, view, this.#state.rates);
      this.#set({ stage: 'live', refusal: undefined, view, rates });
      if (job !== undefined) await this.#askMosaic(job, token, signal);
    } catch (error) {
      if (signal.aborted || this.#token !== token) return;
      if (error instanceof RefusedError) this.#refuse(error.refusal);
      else this.#set({ stage: this.#state.view ? 'stale' : 'checking', rates: NO_RATES });
    }
  }

  async #askMosaic(job: string, token: string, signal: AbortSignal): Promise<void> {
    const path = `v1/jobs/${encodeURIComponent(job)}/mosaic`;
    const mosaic = await this.#network.get(path, token, signal).then(
      (json) => mosaicFrom(readMosaic(json)),
      () => undefined,
    );
    if (mosaic && this.#state.job === job) this.#set({ mosaic });
  }

  /** A token that is no good is forgotten; one that came from the wrong place may be good from another. */
  #refuse(refusal: Refusal | undefined): void {
    if (refusal !== 'place') {
      this.#token = undefined;
      this.#place.keep(undefined);
    }
    this.#set({
      stage: 'asking',
      refusal,
      view: undefined,
      mosaic: undefined,
      rates: NO_RATES,
      done: undefined,
    });
  }

  #set(change: Partial<OperatorState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changes.emit(this.#state);
  }
}
