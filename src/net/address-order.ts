/** In which order a coordinator's addresses are tried. Pure. */
import type { Rng } from '../core/rng.ts';

/**
 * Several coordinators of one network have one key, so each of these addresses will do: a random order spreads
 * contributors over them, also those of a coordinator that has just died. One that failed is tried after the others.
 */
export class AddressOrder<T> {
  readonly #rng: Rng;
  #order: readonly T[];
  #failed = new Set<T>();

  constructor(addresses: readonly T[], rng: Rng) {
    this.#order = addresses;
    this.#rng = rng;
  }

  next(): readonly T[] {
    const shuffled = this.#order
      .map((address) => ({ address, place: this.#rng.float() }))
      .sort((x, y) => x.place - y.place)
      .map(({ address }) => address);
    this.#order = shuffled;
    return [
      ...shuffled.filter((address) => !this.#failed.has(address)),
      ...shuffled.filter((address) => this.#failed.has(address)),
    ];
  }

  failed(address: T): void {
    this.#failed.add(address);
  }

  /** It led there: what failed before may be back by the next time. */
  worked(): void {
    this.#failed = new Set();
  }
}
