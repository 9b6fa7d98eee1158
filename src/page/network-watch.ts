/** What the network page shows, and when it asks for it. No DOM: figures and clock are parameters. */
import { PEER_ID } from '../core/peer-id.ts';
import { Emitter } from '../core/async.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { isAppError } from '../core/errors.ts';
import type { NetworkView } from '../core/v1.ts';
import type {
  ContributorFiguresView,
  LeaderboardBy,
  LeaderboardView,
  LeaderboardWindow,
} from '../core/v1-figures.ts';
import type { Figures, FiguresState } from './figures.ts';

export type FiguresSource = Pick<
  Figures,
  'state' | 'onChange' | 'follow' | 'stop' | 'network' | 'leaderboard' | 'contributor'
>;

export interface BoardState {
  readonly by: LeaderboardBy;
  readonly window: LeaderboardWindow;
  /** The last that was heard, while the next is asked for too; undefined before, and of another choice. */
  readonly view: LeaderboardView | undefined;
  readonly failed: boolean;
}

export interface SearchState {
  readonly id: string;
  readonly stage: 'idle' | 'malformed' | 'asking' | 'found' | 'failed';
  readonly found: ContributorFiguresView | undefined;
}

export interface NetworkPageState {
  readonly figures: FiguresState;
  readonly network: NetworkView | undefined;
  /** The last attempt to ask for the network failed. */
  readonly failed: boolean;
  readonly board: BoardState;
  readonly search: SearchState;
  readonly nowMs: number;
}

/** The live events bring speeds and tiles; jobs and receipts are asked for. */
const NETWORK_MS = 10_000;
const BOARD_MS = 60_000;
/** Another job: the coordinator keeps its list for two seconds. */
const SOON_MS = 2500;
const ROWS = 50;

export class NetworkWatch {
  readonly #figures: FiguresSource;
  readonly #clock: Clock;
  readonly #changes = new Emitter<NetworkPageState>();
  #state: NetworkPageState;
  #running: AbortController | undefined;
  #boardAsked = new AbortController();
  #searchAsked = new AbortController();
  #boardMs = 0;
  #cancelSoon: () => void = () => {};

  constructor(figures: FiguresSource, clock: Clock) {
    this.#figures = figures;
    this.#clock = clock;
    this.#state = {
      figures: figures.state,
      network: undefined,
      failed: false,
      board: { by: 'contributor', window: 'week', view: undefined, failed: false },
      search: { id: '', stage: 'idle', found: undefined },
      nowMs: clock.now(),
    };
    figures.onChange((state) => {
      const another = state.mosaic?.job !== this.#state.figures.mosaic?.job;
      this.#set({ figures: state });
      if (another) this.#askSoon();
    });
  }

  get state(): NetworkPageState {
    return this.#state;
  }

  onChange(listener: (state: NetworkPageState) => void): () => void {
    return this.#changes.on(listener);
  }

  /** Asks and follows until `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    this.#figures.follow();
    void this.#run(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#boardAsked.abort();
    this.#cancelSoon();
    this.#figures.stop();
  }

  chooseBoard(by: LeaderboardBy, window: LeaderboardWindow): void {
    this.#set({ board: { by, window, view: undefined, failed: false } });
    void this.#askBoard();
  }

  /** '' forgets what was found. */
  lookUp(typed: string): void {
    this.#searchAsked.abort();
    this.#searchAsked = new AbortController();
    const id = typed.trim();
    if (id === '') this.#set({ search: { id, stage: 'idle', found: undefined } });
    else if (!PEER_ID.test(id)) this.#set({ search: { id, stage: 'malformed', found: undefined } });
    else void this.#askContributor(id, this.#searchAsked.signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#askNetwork(signal);
      if (signal.aborted) return;
      if (this.#clock.now() - this.#boardMs >= BOARD_MS || this.#state.board.failed) await this.#askBoard();
      await sleep(this.#clock, NETWORK_MS, signal).catch(() => {});
    }
  }

  #askSoon(): void {
    const signal = this.#running?.signal;
    this.#cancelSoon();
    if (signal) this.#cancelSoon = this.#clock.after(SOON_MS, () => void this.#askNetwork(signal));
  }

  async #askNetwork(signal: AbortSignal): Promise<void> {
    try {
      const network = await this.#figures.network(signal);
      if (!signal.aborted) this.#set({ network, failed: false });
    } catch {
      if (!signal.aborted) this.#set({ failed: true });
    }
  }

  async #askBoard(): Promise<void> {
    this.#boardAsked.abort();
    this.#boardAsked = new AbortController();
    const { signal } = this.#boardAsked;
    const { by, window } = this.#state.board;
    try {
      const view = await this.#figures.leaderboard(by, window, ROWS, signal);
      if (signal.aborted) return;
      this.#boardMs = this.#clock.now();
      this.#set({ board: { by, window, view, failed: false } });
    } catch {
      if (!signal.aborted) this.#set({ board: { ...this.#state.board, failed: true } });
    }
  }

  async #askContributor(id: string, signal: AbortSignal): Promise<void> {
    this.#set({ search: { id, stage: 'asking', found: undefined } });
    try {
      const found = await this.#figures.contributor(id, signal);
      if (!signal.aborted) this.#set({ search: { id, stage: 'found', found } });
    } catch (error) {
      if (signal.aborted) return;
      const stage = isAppError(error, 'bad-input') ? 'malformed' : 'failed';
      this.#set({ search: { id, stage, found: undefined } });
    }
  }

  #set(change: Partial<NetworkPageState>): void {
    this.#state = { ...this.#state, ...change, nowMs: this.#clock.now() };
    this.#changes.emit(this.#state);
  }
}
