/** One way of a link as arithmetic: bytes leave one after the other at a rate, and arrive a delay later. Pure. */

export interface WayOptions {
  readonly bytesPerSecond: number;
  /** From leaving to arriving. */
  readonly delayMs: number;
}

export interface Passage {
  /** When the last byte has left, ms. */
  readonly leavesMs: number;
  readonly arrivesMs: number;
}

export class Shaper {
  readonly #options: WayOptions;
  #freeMs = -Infinity;

  constructor(options: WayOptions) {
    this.#options = options;
  }

  /** Bytes that come at `nowMs` wait for those before them. */
  send(nowMs: number, bytes: number): Passage {
    const { bytesPerSecond, delayMs } = this.#options;
    this.#freeMs = Math.max(nowMs, this.#freeMs) + (bytes * 1000) / bytesPerSecond;
    return { leavesMs: this.#freeMs, arrivesMs: this.#freeMs + delayMs };
  }
}

/** A home router's buffer, beside what is on the way at full rate. */
export const ROUTER_BYTES = 128 * 1024;

/** What may be in a link at once, one way: a sender that writes more waits, as TCP would make it. */
export function capacityBytes({ bytesPerSecond, delayMs }: WayOptions): number {
  // The sender hears of an arrival as much later again.
  return ROUTER_BYTES + Math.ceil((bytesPerSecond * 2 * delayMs) / 1000);
}

/** Bytes that leave in one go: a few milliseconds' worth, so that a slow link delivers no lumps. */
export function pieceBytes({ bytesPerSecond }: WayOptions): number {
  return Math.min(64 * 1024, Math.max(1460, Math.ceil(bytesPerSecond * 0.004)));
}
