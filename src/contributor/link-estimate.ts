/**
 * What this contributor has seen its link do, for the next Hello: with it, the first lease after a
 * reconnect is cut to size. Each direction is a moving average of whole transfers.
 */

/** Less says more about latency than about the link. */
const MIN_SAMPLE_BYTES = 256 * 1024;
const WEIGHT = 0.3;

export class LinkEstimate {
  readonly #rates = { down: 0, up: 0 };

  /** `bytes` went one way in `ms`. */
  moved(way: 'down' | 'up', bytes: number, ms: number): void {
    if (bytes < MIN_SAMPLE_BYTES || ms <= 0) return;
    const rate = (bytes * 1000) / ms;
    const old = this.#rates[way];
    this.#rates[way] = old === 0 ? rate : old + WEIGHT * (rate - old);
  }

  /** Whole bytes per second; 0 while unknown. */
  rate(way: 'down' | 'up'): number {
    return Math.round(this.#rates[way]);
  }
}
