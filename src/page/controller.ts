/**
 * What stands between the button and the contributor: finds the coordinator (and keeps trying),
 * starts and stops, and keeps the totals of a session after its contributor has gone.
 * No DOM here. It never starts anything by itself.
 */
import type { Contributor, ContributorStatus } from '../contributor/api.ts';
import { STOPPED } from '../contributor/api.ts';
import type { CoordinatorConfig } from '../contributor/config.ts';
import { Emitter } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { isAppError, throwIfAborted, toAppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { PageSettings } from './settings.ts';
import { retrying } from './texts.ts';

export interface PageState {
  readonly status: ContributorStatus;
  /** The visitor pressed Start and not Stop; the button says Stop. */
  readonly wanted: boolean;
  readonly stopping: boolean;
  readonly ranBefore: boolean;
  /** The share of time that the GPU may compute. */
  readonly intensity: number;
  /** Disk that the visitor lets us keep blocks on, bytes. */
  readonly diskBytes: number;
  /** …and how much of it is in use, as far as it is known. */
  readonly diskUsedBytes: number;
}

export interface ControllerOptions {
  readonly contributor: Contributor;
  readonly loadConfig: () => Promise<CoordinatorConfig>;
  readonly settings: PageSettings;
  /** Keeps the visitor's choice for the next visit. */
  readonly rememberDisk?: (bytes: number) => void;
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
  readonly settings: PageSettings;
  readonly #options: ControllerOptions;
  readonly #changes = new Emitter<PageState>();
  #state: PageState;
  /** What earlier runs of this visit came to: a contributor counts from zero at every start. */
  #before: ContributorStatus = STOPPED;
  #attempt = new AbortController();
  /** Statuses count only between contributor.start and the end of contributor.stop. */
  #live = false;
  #wakeRetry: (() => void) | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.settings = options.settings;
    const { intensity, diskBytes } = options.settings;
    this.#state = {
      status: STOPPED,
      wanted: false,
      stopping: false,
      ranBefore: false,
      intensity,
      diskBytes,
      diskUsedBytes: 0,
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

  /** Failures arrive as a status with a problem; this never rejects. */
  async start(): Promise<void> {
    if (this.#state.wanted || this.#state.stopping) return;
    const { contributor, settings } = this.#options;
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
      if (afterFailure) await contributor.stop();
      const config = await this.#findCoordinator(attempt.signal);
      throwIfAborted(attempt.signal);
      this.#live = true;
      const { allowSoftware, memoryBytes, transport } = settings;
      const { intensity, diskBytes } = this.#state;
      const { addresses, log } = config;
      await contributor.start({
        addresses,
        log,
        transport,
        allowSoftware,
        memoryBytes,
        intensity,
        diskBytes,
      });
    } catch (thrown) {
      if (!attempt.signal.aborted) this.#fail(thrown);
    }
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
      this.#set({
        stopping: false,
        status: { ...status, stage: 'stopped', detail: '', progress: 0, problem: undefined },
      });
    } catch (thrown) {
      this.#set({ stopping: false });
      this.#fail(thrown);
    }
  }

  /** Takes effect at once, and for every later start. */
  setIntensity(share: number): void {
    this.#set({ intensity: share });
    if (this.#live) this.#options.contributor.setIntensity(share);
  }

  /** Takes effect at once, and is remembered. */
  setDiskBudget(bytes: number): void {
    const { contributor, rememberDisk } = this.#options;
    this.#set({ diskBytes: bytes });
    rememberDisk?.(bytes);
    if (this.#live) contributor.setDiskBudget(bytes);
    if (!this.#state.wanted && bytes === 0) void this.clearDisk();
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
    if (status.stage === 'stopped') {
      // A stopped contributor may have forgotten its totals; the visitor has not.
      const { stage, detail, progress, problem } = status;
      const ended = { ...this.#state.status, stage, detail, progress, problem };
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
        this.#set({ status: { ...this.#state.status, detail: retrying(ms), problem: { code, message } } });
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
    const status = {
      ...this.#state.status,
      stage: 'failed' as const,
      progress: 0,
      problem: { code, message },
    };
    this.#set({ wanted: false, status });
  }

  #set(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changes.emit(this.#state);
  }
}

function addTotals(before: ContributorStatus, now: ContributorStatus): ContributorStatus {
  return {
    ...now,
    shardsVerified: before.shardsVerified + now.shardsVerified,
    shardsRejected: before.shardsRejected + now.shardsRejected,
    multiplyAddsVerified: before.multiplyAddsVerified + now.multiplyAddsVerified,
    microcredits: before.microcredits + now.microcredits,
    bytesDown: before.bytesDown + now.bytesDown,
    bytesUp: before.bytesUp + now.bytesUp,
    downBusyMs: before.downBusyMs + now.downBusyMs,
    upBusyMs: before.upBusyMs + now.upBusyMs,
    gpuBusyMs: before.gpuBusyMs + now.gpuBusyMs,
    receipts: before.receipts + now.receipts,
  };
}
