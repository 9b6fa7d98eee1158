/**
 * Fresh workers and fresh versions, between two shards: what is left open for nights takes both without losing one.
 * Kept from the page until Start, because what it keeps on this device is half a megabyte.
 */
import type { ContributorStatus } from '../contributor/api.ts';
import type { Clock } from '../core/clock.ts';
import type { PageController } from './controller.ts';
import { keepOffline } from './install.ts';
import { recycleReason } from './recycle.ts';
import { type ServiceWorkersLike, type UpdateWatch, watchUpdates } from './update.ts';

/** A new version waits so long for a moment without leases; then none is taken any more until there is one. */
const PATIENCE_MS = 5 * 60_000;

export interface RenewalOptions {
  readonly container: ServiceWorkersLike | undefined;
  /** Absolute URL of the folder that the page is in. */
  readonly base: string;
  readonly clock: Clock;
  readonly controller: PageController;
  /** The page is about to reload itself. */
  readonly reloading: () => void;
  readonly reload: () => void;
}

export class Renewal {
  readonly #options: RenewalOptions;
  #updates: UpdateWatch | undefined;
  #registering = false;
  #startedMs: number | undefined;
  #bytesAtStart = 0;
  #waitingSinceMs: number | undefined;
  #busy = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /** Work begins. */
  begin(): void {
    this.#startedMs = undefined;
    void this.#register();
  }

  end(): void {
    this.#startedMs = undefined;
  }

  /** With every status while it works. */
  onStatus(status: ContributorStatus): void {
    if (this.#busy) return;
    const nowMs = this.#options.clock.now();
    const moved = status.bytesDown + status.bytesUp;
    if (this.#startedMs === undefined) {
      this.#startedMs = nowMs;
      this.#bytesAtStart = moved;
    }
    if (this.#updates?.waiting) {
      this.#waitingSinceMs ??= nowMs;
      if (status.leases.length === 0 || nowMs - this.#waitingSinceMs >= PATIENCE_MS) void this.#renew(true);
      return;
    }
    const used = { startedMs: this.#startedMs, bytesMoved: moved - this.#bytesAtStart };
    if (recycleReason(used, nowMs)) void this.#renew(false);
  }

  stop(): void {
    this.#updates?.stop();
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
