/**
 * What stands between the button and the contributor: finds the coordinator (and keeps trying),
 * starts and stops, and keeps the totals of a session after its contributor has gone.
 * No DOM here. It never starts anything by itself.
 */
import type { Contributor, ContributorStatus, PublicName, RateCaps } from '../contributor/api.ts';
import { STOPPED } from '../contributor/api.ts';
import type { CoordinatorConfig } from '../contributor/config.ts';
import { Emitter } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { isAppError, throwIfAborted, toAppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { PageAddress } from './settings.ts';
import { addTotals, STILL } from './totals.ts';

export interface PageState {
  readonly status: ContributorStatus;
  /** The visitor pressed Start and not Stop; the button says Stop. */
  readonly wanted: boolean;
  readonly stopping: boolean;
  readonly ranBefore: boolean;
  /** Disk in use, as far as it is known. */
  readonly diskUsedBytes: number;
  /** Of the coordinator, once it is found. */
  readonly config: CoordinatorConfig | undefined;
}

/** How hard a contributor works: changed at any time, and said at every start. */
export interface Levels {
  readonly intensity: number;
  readonly paused: boolean;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly rateCaps: RateCaps;
}

export interface ControllerOptions {
  readonly contributor: Contributor;
  readonly loadConfig: () => Promise<CoordinatorConfig>;
  readonly address: PageAddress;
  /** At first. */
  readonly levels: Levels;
  readonly clock: Clock;
  /** Spreads the retries of many pages after an outage. */
  readonly rng: Rng;
}

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** The wait after the nth failure: 1, 2, 4 … 60 s, plus up to a quarter by chance. */
export function retryDelayMs(failures: number, rng: Rng): number {
  return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures) * (1 + rng.float() / 4);
}

export class PageController {
  readonly address: PageAddress;
  readonly #options: ControllerOptions;
  readonly #changes = new Emitter<PageState>();
  #state: PageState;
  /** What earlier runs of this visit came to: a contributor counts from zero at every start. */
  #before: ContributorStatus = STOPPED;
  #attempt = new AbortController();
  /** Statuses count only between contributor.start and the end of contributor.stop. */
  #live = false;
  #levels: Levels;
  /** Its workers are being replaced by fresh ones. */
  #recycling = false;
  #wakeRetry: (() => void) | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.address = options.address;
    this.#levels = options.levels;
    this.#state = {
      status: STOPPED,
      wanted: false,
      stopping: false,
      ranBefore: false,
      diskUsedBytes: 0,
      config: undefined,
    };
    void this.#measureDisk();
    options.contributor.onStatus((status) => {
      if (this.#live) this.#follow(addTotals(this.#before, status));
    });
  }

  get state(): PageState {
    return this.#state;
  }

  onChange(listener: (state: PageState) => void): () => void {
    return this.#changes.on(listener);
  }

  get levels(): Levels {
    return this.#levels;
  }

  /** Failures arrive as a status with a problem; this never rejects. */
  async start(): Promise<void> {
    if (this.#state.wanted || this.#state.stopping) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    const afterFailure = this.#state.status.stage === 'failed';
    this.#live = false;
    this.#before = this.#state.status;
    this.#set({
      wanted: true,
      ranBefore: true,
      status: { ...this.#before, stage: 'connecting', detail: '', progress: 0, problem: undefined },
    });
    try {
      if (afterFailure) await this.#options.contributor.stop();
      const config = await this.#findCoordinator(attempt.signal);
      throwIfAborted(attempt.signal);
      this.#set({ config });
      await this.#begin(config);
    } catch (thrown) {
      if (!attempt.signal.aborted) this.#fail(thrown);
    }
  }

  async #begin({ addresses, log }: CoordinatorConfig): Promise<void> {
    const { contributor, address } = this.#options;
    const { allowSoftware, transport } = address;
    this.#live = true;
    await contributor.start({ addresses, log, transport, allowSoftware, ...this.#levels });
  }

  /** Resolves when nothing runs any more; never rejects. */
  async stop(): Promise<void> {
    if (!this.#state.wanted || this.#state.stopping) return;
    this.#attempt.abort();
    this.#set({ wanted: false, stopping: true });
    try {
      await this.#options.contributor.stop();
      this.#live = false;
      const { status } = this.#state;
      this.#set({ stopping: false, status: { ...status, ...STILL, stage: 'stopped' } });
    } catch (thrown) {
      this.#set({ stopping: false });
      this.#fail(thrown);
    }
  }

  /** Ends what is in flight, waits for its receipts, and stops; asked again, it stops at once. Never rejects. */
  async finish(): Promise<void> {
    if (!this.#state.wanted || this.#state.stopping) return;
    if (!this.#live || this.#state.status.finishing) return this.stop();
    await this.#options.contributor.finish().catch(() => this.stop());
  }

  /**
   * Replaces the workers by fresh ones between two shards. The visitor has stopped nothing. Never rejects.
   * @param between - while none are there
   */
  async recycle(between?: () => Promise<void>): Promise<void> {
    const { wanted, config } = this.#state;
    if (!wanted || !config || !this.#live || this.#recycling || this.#state.status.finishing) return;
    this.#recycling = true;
    const attempt = this.#attempt;
    try {
      await this.#options.contributor.finish();
      if (attempt.signal.aborted || !this.#state.wanted) return;
      await between?.();
      if (attempt.signal.aborted) return;
      this.#before = this.#state.status;
      await this.#begin(config);
    } catch (thrown) {
      if (!attempt.signal.aborted) this.#fail(thrown);
    } finally {
      this.#recycling = false;
    }
  }

  /** Takes effect at once, and at every later start. @throws AppError 'bad-input' for what no contributor can do */
  setLevels(change: Partial<Levels>): void {
    const before = this.#levels;
    const now = { ...before, ...change };
    this.#levels = now;
    const { contributor } = this.#options;
    if (now.diskBytes === 0 && before.diskBytes !== 0 && !this.#state.wanted) void this.clearDisk();
    if (!this.#live) return;
    if (now.intensity !== before.intensity) contributor.setIntensity(now.intensity);
    if (now.paused !== before.paused) contributor.setPaused(now.paused);
    if (now.memoryBytes !== before.memoryBytes) contributor.setMemoryBudget(now.memoryBytes);
    if (now.diskBytes !== before.diskBytes) contributor.setDiskBudget(now.diskBytes);
    const { down, up } = now.rateCaps;
    if (down !== before.rateCaps.down || up !== before.rateCaps.up) contributor.setRateCaps(now.rateCaps);
  }

  /** What others may read as its name and team. @throws AppError 'bad-input' */
  setProfile(name: PublicName): void {
    this.#options.contributor.setProfile(name);
  }

  /** None: any. @throws AppError 'bad-input' */
  setProjects(projects: readonly string[]): void {
    this.#options.contributor.setProjects(projects);
  }

  /** Removes the blocks that are on disk. Never rejects. */
  async clearDisk(): Promise<void> {
    await this.#options.contributor.clearDisk();
    await this.#measureDisk();
  }

  /** While it runs, its statuses tell. */
  async #measureDisk(): Promise<void> {
    if (this.#state.wanted) return;
    const diskUsedBytes = await this.#options.contributor.measureDisk();
    if (!this.#state.wanted) this.#set({ diskUsedBytes });
  }

  /** The network is back, or the tab is visible: no need to sit out the wait. */
  wake(): void {
    this.#wakeRetry?.();
    if (this.#live) this.#options.contributor.wake();
  }

  #follow(status: ContributorStatus): void {
    if (status.disk) this.#set({ diskUsedBytes: status.disk.usedBytes });
    if (status.stage === 'stopped' && this.#recycling && this.#state.wanted) return;
    if (status.stage === 'stopped') {
      // A stopped contributor may have forgotten its totals; the visitor has not.
      const ended = { ...this.#state.status, ...STILL, stage: status.stage };
      this.#set({ wanted: false, ...(this.#state.stopping ? {} : { status: ended }) });
      return;
    }
    if (this.#state.stopping) {
      // Keep the totals (a receipt may still arrive) but not the stage: the button already says "Stopping".
      this.#set({ status: { ...status, stage: this.#state.status.stage, progress: 0 } });
      return;
    }
    this.#set({ status, wanted: this.#state.wanted && status.stage !== 'failed' });
  }

  async #findCoordinator(signal: AbortSignal): Promise<CoordinatorConfig> {
    const { loadConfig, rng } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        return await loadConfig();
      } catch (thrown) {
        throwIfAborted(signal);
        if (!isAppError(thrown, 'unreachable')) throw thrown;
        const ms = retryDelayMs(failures, rng);
        const { code, message } = thrown;
        const status = { ...this.#state.status, retryInMs: ms, problem: { code, message } };
        this.#set({ status });
        await this.#pause(ms, signal);
      }
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#wakeRetry = () => {
        cancel();
        resolve();
      };
      signal.addEventListener('abort', this.#wakeRetry, { once: true });
    });
    this.#wakeRetry = undefined;
    throwIfAborted(signal);
  }

  #fail(thrown: unknown): void {
    const { code, message } = toAppError(thrown);
    const status = { ...this.#state.status, ...STILL, stage: 'failed' as const, problem: { code, message } };
    this.#set({ wanted: false, status });
  }

  #set(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changes.emit(this.#state);
  }
}
