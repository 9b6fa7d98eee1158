/**
 * Waiting for the queue. Firefox looks for finished work on a 100 ms timer (bugzilla 1870699, "Don't poll
 * WebGPU from a timer"; an idle queue takes 103 ms to say so, Chromium 0.1 ms), but it also looks at every
 * submission, so an empty submission now and then finds out within a few milliseconds. Delete the nudging
 * when that bug is fixed: an idle queue then answers at once and it switches itself off.
 */
import type { Clock } from '../core/clock.ts';

const SLOW_POLL_MS = 20;
const NUDGE_MS = 2;

export class Completion {
  readonly #queue: GPUQueue;
  readonly #clock: Clock;
  #nudges = false;

  constructor(queue: GPUQueue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** Finds out whether an idle queue takes long to say that it is idle. */
  async calibrate(): Promise<void> {
    // The first wait may end soon by luck, just before a poll; the second then starts just after it.
    for (let round = 0; round < 2 && !this.#nudges; round++) {
      const started = this.#clock.now();
      await this.#queue.onSubmittedWorkDone();
      this.#nudges = this.#clock.now() - started > SLOW_POLL_MS;
    }
  }

  /** Resolves when all that was submitted before is done. */
  done(): Promise<void> {
    return this.nudged(this.#queue.onSubmittedWorkDone().then(() => undefined));
  }

  /** Settles as `work` does, a promise that the queue will settle; sooner where the browser polls. */
  async nudged<T>(work: Promise<T>): Promise<T> {
    if (!this.#nudges) return work;
    let cancel = (): void => {};
    const nudge = (): void => {
      this.#queue.submit([]);
      cancel = this.#clock.after(NUDGE_MS, nudge);
    };
    cancel = this.#clock.after(NUDGE_MS, nudge);
    try {
      return await work;
    } finally {
      cancel();
    }
  }
}
