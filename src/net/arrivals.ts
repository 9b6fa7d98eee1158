/**
 * How fast blocks come while they come one after the other, whatever time passes before the first of them: the
 * spacing of a train of packets tells the link's rate, and its round trip has no part in it (R. Jain, S. Routhier,
 * "Packet Trains", IEEE JSAC 1986; C. Dovrolis, P. Ramanathan, D. Moore, "What Do Packet Dispersion Techniques
 * Measure?", INFOCOM 2001).
 */
import type { Clock } from '../core/clock.ts';

export class Arrivals {
  readonly #clock: Clock;
  #lastMs: number | undefined;
  /** Of all blocks but the first of each train… */
  bytes = 0;
  /** …and the milliseconds that they took. */
  ms = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(bytes: number): void {
    const now = this.#clock.now();
    if (this.#lastMs !== undefined) {
      this.bytes += bytes;
      // A clock that is set back tells nothing.
      this.ms += Math.max(0, now - this.#lastMs);
    }
    this.#lastMs = now;
  }

  /** Nothing more is on its way: what comes next is a new train. */
  end(): void {
    this.#lastMs = undefined;
  }
}
