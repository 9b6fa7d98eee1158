/**
 * Intensity: how much of the time slices may take. Time is kept on a schedule of its own, on which a slice
 * of t ms takes t / share; the next may start when the clock has caught up. A timer that fires late (hidden
 * tabs) therefore costs nothing: what it overslept is made up for by the next slices.
 */
import { type Clock, sleep } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';

export const LEAST_SHARE = 0.05;
/** Time without slices that later ones may make up for: more would let a rest be followed by a long burst. */
const BANK_MS = 1000;

export class Duty {
  readonly #clock: Clock;
  #share = 1;
  #freeAt = -Infinity;
  #changed = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of 1. */
  get share(): number {
    return this.#share;
  }

  /** Takes effect at once, also for a slice that waits. @throws AppError 'bad-input' outside 0.05 to 1. */
  set share(share: number) {
    if (!(share >= LEAST_SHARE && share <= 1)) {
      throw new AppError('bad-input', `the intensity must be between ${LEAST_SHARE} and 1, not ${share}`);
    }
    const now = this.#clock.now();
    // What is still to rest was owed at the old share.
    if (this.#freeAt > now) this.#freeAt = now + ((this.#freeAt - now) * rest(share)) / rest(this.#share);
    this.#share = share;
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  /** Resolves when the next slice may start. @throws 'aborted' as soon as the signal fires. */
  async turn(signal: AbortSignal): Promise<void> {
    for (let ms = this.#left(); ms > 0; ms = this.#left()) {
      const woken = AbortSignal.any([signal, this.#changed.signal]);
      await sleep(this.#clock, ms, woken).catch((error: unknown) => {
        if (signal.aborted) throw error;
      });
    }
  }

  #left(): number {
    return this.#share === 1 ? 0 : this.#freeAt - this.#clock.now();
  }

  /** A slice that has just ended took `ms`. */
  spent(ms: number): void {
    const started = this.#clock.now() - ms;
    this.#freeAt = Math.max(this.#freeAt, started - BANK_MS) + ms / this.#share;
  }
}

/** Ms of rest for each ms of work. */
const rest = (share: number): number => 1 / share - 1;
