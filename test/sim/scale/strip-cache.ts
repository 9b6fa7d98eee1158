/** The operand strips that a contributor really holds, least recently used first out. */

export class StripCache {
  /** Insertion order is recency; the value is the strip's bytes. */
  readonly #strips = new Map<number, number>();
  readonly #capacity: number;
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(strip: number): boolean {
    return this.#strips.has(strip);
  }

  /**
   * The strips of one lease have been used, all at once, k-block by k-block. More of them than fit leave none whole.
   * @returns bytes evicted
   */
  use(strips: readonly (readonly [strip: number, bytes: number])[]): number {
    const before = this.#used;
    const together = strips.reduce((sum, [, bytes]) => sum + bytes, 0);
    if (together > this.#capacity) {
      this.clear();
      return before;
    }
    let added = 0;
    for (const [strip, bytes] of strips) {
      if (this.#strips.delete(strip)) this.#used -= bytes;
      else added += bytes;
      this.#strips.set(strip, bytes);
      this.#used += bytes;
    }
    for (const [strip, bytes] of this.#strips) {
      if (this.#used <= this.#capacity) break;
      this.#strips.delete(strip);
      this.#used -= bytes;
    }
    return before + added - this.#used;
  }

  clear(): void {
    this.#strips.clear();
    this.#used = 0;
  }
}
