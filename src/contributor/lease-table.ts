/** The leases of one connection that have no result yet, and all that runs on behalf of it. */
import type { AppError } from '../core/errors.ts';

export class LeaseTable {
  readonly #work = new Map<string, AbortController>();
  /** Of these, the ones whose C is not computed yet. */
  readonly #uncomputed = new Set<string>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #onEnd: () => void;

  /** @param onEnd - told whenever one of the things that run has ended */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** What fires when the lease is cancelled, handed back, or over with its connection. */
  add(lease: string): AbortSignal {
    const stop = new AbortController();
    this.#work.set(lease, stop);
    this.#uncomputed.add(lease);
    return stop.signal;
  }

  has(lease: string): boolean {
    return this.#work.has(lease);
  }

  /** Leases that want the GPU. */
  get uncomputed(): number {
    return this.#uncomputed.size;
  }

  /** It needs the GPU no more; false when that was known. */
  computed(lease: string): boolean {
    return this.#uncomputed.delete(lease);
  }

  remove(lease: string): void {
    this.#work.delete(lease);
  }

  /** False for one that is not here. */
  cancel(lease: string): boolean {
    this.#work.get(lease)?.abort();
    return this.#work.has(lease);
  }

  cancelAll(): void {
    for (const stop of this.#work.values()) stop.abort();
  }

  /** Those that want the GPU; `why` is the reason of their signals. */
  handBack(why: AppError): void {
    for (const lease of this.#uncomputed) this.#work.get(lease)?.abort(why);
  }

  /** Things that have not come to their end. */
  get running(): number {
    return this.#tasks.size;
  }

  /** @param work - never rejects */
  track(work: Promise<void>): void {
    const task = work.then(() => {
      this.#tasks.delete(task);
      this.#onEnd();
    });
    this.#tasks.add(task);
  }

  /** Resolves when all that runs now has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#tasks);
  }
}
