/** How fast a kernel is, from a few of its slices. Pure bookkeeping. */

export class Lap {
  readonly #ms: number;
  readonly #slices: { readonly work: number; readonly ms: number }[] = [];

  /** @param ms of slices of the largest size that make a lap. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  add(work: number, ms: number): void {
    this.#slices.push({ work, ms });
  }

  /** Slices grow until they are long enough; those on the way there would tell of overhead, not of speed. */
  #grown(): { work: number; ms: number } {
    const largest = Math.max(...this.#slices.map(({ work }) => work));
    const grown = this.#slices.filter(({ work }) => 2 * work >= largest);
    return {
      work: grown.reduce((sum, { work }) => sum + work, 0),
      ms: grown.reduce((sum, { ms }) => sum + ms, 0),
    };
  }

  get done(): boolean {
    return this.#slices.length > 0 && this.#grown().ms >= this.#ms;
  }

  /** Multiply-adds per second. */
  get rate(): number {
    if (this.#slices.length === 0) return 0;
    const { work, ms } = this.#grown();
    // A browser whose clock is coarse may see no time pass.
    return (work * 1000) / Math.max(ms, 0.1);
  }
}
