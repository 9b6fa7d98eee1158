/** How often somebody may do something: a token bucket over an injected clock. */
import type { Clock } from './clock.ts';

export interface Rate {
  /** …at once, after a pause. */
  readonly burst: number;
  /** …on average. */
  readonly perSecond: number;
}

export class Allowance {
  readonly #clock: Clock;
  readonly #rate: Rate;
  #left: number;
  #filledMs: number;

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#left = rate.burst;
    this.#filledMs = clock.now();
  }

  /** False when it is used up; what is refused costs nothing. */
  take(): boolean {
    const now = this.#clock.now();
    // Clocks are set back now and then.
    const gained = (Math.max(0, now - this.#filledMs) / 1000) * this.#rate.perSecond;
    this.#left = Math.min(this.#rate.burst, this.#left + gained);
    this.#filledMs = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
