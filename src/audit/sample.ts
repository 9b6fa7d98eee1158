/** A uniform sample of a stream of unknown length (Vitter 1985, algorithm R): the same seed, the same sample. */
import { type Rng, randomInt } from '../core/rng.ts';

export class Reservoir<T> {
  readonly #size: number;
  readonly #rng: Rng;
  readonly #kept: T[] = [];
  #seen = 0;

  constructor(size: number, rng: Rng) {
    this.#size = size;
    this.#rng = rng;
  }

  /** How many were offered. */
  get seen(): number {
    return this.#seen;
  }

  offer(item: T): void {
    this.#seen += 1;
    if (this.#kept.length < this.#size) {
      this.#kept.push(item);
      return;
    }
    const at = randomInt(this.#rng, this.#seen);
    if (at < this.#size) this.#kept[at] = item;
  }

  items(): readonly T[] {
    return this.#kept;
  }
}
