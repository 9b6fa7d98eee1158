/**
 * What this contributor has seen its link do: with it, leases are cut to size, the first after a reconnect too. Each direction is a moving average of whole transfers.
 */

import type { BlockExchange } from '../net/block-exchange.ts';

/** Less says more about latency than about the link. */
const MIN_SAMPLE_BYTES = 256 * 1024;
const WEIGHT = 0.3;

type Way = 'down' | 'up';
type Counters = Pick<BlockExchange, 'arrivals' | 'bytesUp' | 'upBusyMs'>;

export class LinkEstimate {
  readonly #rates = { down: 0, up: 0 };

  /** `bytes` went one way in `ms`; false when they are too few to say anything. */
  moved(way: Way, bytes: number, ms: number): boolean {
    if (bytes < MIN_SAMPLE_BYTES || ms <= 0) return false;
    const rate = (bytes * 1000) / ms;
    const old = this.#rates[way];
    this.#rates[way] = old === 0 ? rate : old + WEIGHT * (rate - old);
    return true;
  }

  /** Whole bytes per second; 0 while unknown. */
  rate(way: Way): number {
    return Math.round(this.#rates[way]);
  }
}

/** Reads one connection's counters: time in which nothing was on its way says nothing. */
export class LinkMeter {
  readonly #blocks: Counters;
  readonly #estimate: LinkEstimate;
  readonly #last = { down: { bytes: 0, ms: 0 }, up: { bytes: 0, ms: 0 } };

  constructor(blocks: Counters, estimate: LinkEstimate) {
    this.#blocks = blocks;
    this.#estimate = estimate;
  }

  /** What has moved since the last reading that said anything. */
  read(way: Way): void {
    const { arrivals, bytesUp, upBusyMs } = this.#blocks;
    const { bytes, ms } = way === 'down' ? arrivals : { bytes: bytesUp, ms: upBusyMs };
    const now = { bytes, ms };
    const last = this.#last[way];
    if (this.#estimate.moved(way, now.bytes - last.bytes, now.ms - last.ms)) this.#last[way] = now;
  }
}
