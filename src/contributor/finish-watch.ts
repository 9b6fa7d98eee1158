/** Finishing waits for the coordinator, but not for one that never answers. */
import type { Clock } from '../core/clock.ts';

/** Nothing came of what is being finished for this long: it will not be. */
const QUIET_MS = 2 * 60_000;
/** …however much goes on: the slowest result that a coordinator waits for takes 10 min, and its shard a minute. */
const LONGEST_MS = 15 * 60_000;

export class FinishWatch {
  readonly #clock: Clock;
  #over: () => void = () => {};
  #running = false;
  #cancelQuiet: () => void = () => {};
  #cancelLongest: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back once, unless `end` comes first. */
  begin(onOver: () => void): void {
    this.#running = true;
    this.#over = () => {
      this.end();
      onOver();
    };
    // Timers and not times: a clock may be set back by hours.
    this.#cancelLongest = this.#clock.after(LONGEST_MS, this.#over);
    this.moved();
  }

  /** A shard or a result came nearer to its end. */
  moved(): void {
    if (!this.#running) return;
    this.#cancelQuiet();
    this.#cancelQuiet = this.#clock.after(QUIET_MS, this.#over);
  }

  end(): void {
    this.#running = false;
    this.#cancelQuiet();
    this.#cancelLongest();
  }
}
