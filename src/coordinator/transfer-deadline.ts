/** A deadline of the other end: time in which it waits for us does not count. */
import type { Clock } from '../core/clock.ts';

export class TransferDeadline {
  readonly #clock: Clock;
  readonly #expire: () => void;
  #leftMs: number;
  #runningSince = 0;
  #cancel: (() => void) | undefined;
  /** Strips that hold memory, and strips that wait for some. */
  #holding = 0;
  #waiting = 0;
  #over = false;

  /** Runs at once. */
  constructor(clock: Clock, ms: number, expire: () => void) {
    this.#clock = clock;
    this.#leftMs = ms;
    this.#expire = expire;
    this.#regulate();
  }

  /** Takes memory by `acquire` and returns what gives it back; while all that is wanted waits, the time stands still. */
  async whileWaiting(acquire: () => Promise<() => void>): Promise<() => void> {
    this.#waiting += 1;
    this.#regulate();
    try {
      const release = await acquire();
      this.#holding += 1;
      return () => {
        release();
        this.#holding -= 1;
        this.#regulate();
      };
    } finally {
      this.#waiting -= 1;
      this.#regulate();
    }
  }

  end(): void {
    this.#over = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #regulate(): void {
    if (this.#over) return;
    const now = this.#clock.now();
    if (this.#waiting > 0 && this.#holding === 0) {
      if (!this.#cancel) return;
      this.#cancel();
      this.#cancel = undefined;
      this.#leftMs -= now - this.#runningSince;
    } else if (!this.#cancel) {
      this.#runningSince = now;
      this.#cancel = this.#clock.after(Math.max(0, this.#leftMs), () => {
        this.end();
        this.#expire();
      });
    }
  }
}
