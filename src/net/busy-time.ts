/** How long something was going on, all in all. */
import type { Clock } from '../core/clock.ts';

export class BusyTime {
  readonly #clock: Clock;
  #sinceMs: number | undefined;
  #ms = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds so far, what is going on now included. */
  get ms(): number {
    // A clock that is set back must not take back what was counted.
    return this.#ms + (this.#sinceMs === undefined ? 0 : Math.max(0, this.#clock.now() - this.#sinceMs));
  }

  /** From now on it is going on, or not. May be repeated. */
  set(busy: boolean): void {
    if (busy) {
      this.#sinceMs ??= this.#clock.now();
    } else {
      this.#ms = this.ms;
      this.#sinceMs = undefined;
    }
  }
}
