/**
 * Fresh workers and fresh versions, between two shards: what is left open for nights takes both without losing one.
 * Kept from the page until Start, because what it keeps on this device is half a megabyte.
 */
import type { ContributorStatus } from '../contributor/api.ts';
import type { Clock } from '../core/clock.ts';
import type { PageController } from './controller.ts';
import { keepOffline } from './install.ts';
import { MemoryGrowth, type MemoryScope } from './memory-growth.ts';
import { recycleReason } from './recycle.ts';
import { type ServiceWorkersLike, type UpdateWatch, watchUpdates } from './update.ts';

/** What is new waits so long for a moment without leases; then none is taken any more until there is one. */
const PATIENCE_MS = 5 * 60_000;

export interface RenewalOptions {
  readonly container: ServiceWorkersLike | undefined;
  /** Absolute URL of the folder that the page is in. */
  readonly base: string;
  /** Where memory is measured. */
  readonly memory: MemoryScope;
  readonly clock: Clock;
  readonly controller: PageController;
  /** The page is about to reload itself. */
  readonly reloading: () => void;
  readonly reload: () => void;
}

export class Renewal {
  readonly #options: RenewalOptions;
  readonly #growth: MemoryGrowth;
  #updates: UpdateWatch | undefined;
  #registering = false;
  #startedMs: number | undefined;
  #bytesAtStart = 0;
  #waitingSinceMs: number | undefined;
  #busy = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#growth = new MemoryGrowth(options.clock, options.memory);
  }

  /** Work begins. */
  begin(): void {
    this.#startedMs = undefined;
    void this.#register();
  }

  end(): void {
    this.#startedMs = undefined;
    this.#waitingSinceMs = undefined;
    this.#growth.end();
  }

  /** With every status while it works. */
  onStatus(status: ContributorStatus): void {
    if (this.#busy) return;
    const nowMs = this.#options.clock.now();
    const moved = status.bytesDown + status.bytesUp;
    if (this.#startedMs === undefined) {
      this.#startedMs = nowMs;
      this.#bytesAtStart = moved;
      this.#growth.begin();
    }
    const version = this.#updates?.waiting === true;
    const bytesMoved = moved - this.#bytesAtStart;
    const used = { startedMs: this.#startedMs, bytesMoved, ...this.#growth.bytes };
    if (!version && !recycleReason(used, nowMs)) {
      this.#waitingSinceMs = undefined;
      return;
    }
    this.#waitingSinceMs ??= nowMs;
    if (status.leases.length === 0 || nowMs - this.#waitingSinceMs >= PATIENCE_MS) void this.#renew(version);
  }

  stop(): void {
    this.#updates?.stop();
    this.#growth.end();
  }

  async #renew(version: boolean): Promise<void> {
    this.#busy = true;
    this.#waitingSinceMs = undefined;
    this.#startedMs = undefined;
    await this.#options.controller.recycle(async () => {
      if (!version || !(await this.#updates?.take())) return;
      this.#options.reloading();
      this.#options.reload();
    });
    this.#busy = false;
  }

  async #register(): Promise<void> {
    if (this.#registering) return;
    this.#registering = true;
    const { container, base, clock } = this.#options;
    const registration = await keepOffline(container, base);
    if (container && registration) this.#updates = watchUpdates(container, registration, clock, () => {});
  }
}
