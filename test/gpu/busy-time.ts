/** When a device was busy, and the least and most of it in any stretch of time. */

export class BusyTime {
  readonly #edges: { readonly from: number; readonly to: number; readonly before: number }[] = [];
  #total = 0;

  /** A slice that ran over [from, to); in their order. */
  add(from: number, to: number): void {
    this.#edges.push({ from, to, before: this.#total });
    this.#total += to - from;
  }

  get total(): number {
    return this.#total;
  }

  get slices(): number {
    return this.#edges.length;
  }

  /** Busy ms before `time`. */
  until(time: number): number {
    const at = this.#edges.findLastIndex(({ from }) => from <= time);
    const edge = this.#edges[at];
    return edge ? edge.before + Math.min(time, edge.to) - edge.from : 0;
  }

  between(from: number, to: number): number {
    return this.until(to) - this.until(from);
  }

  /** The least and the most busy ms in any window of `ms` within [start, end]. */
  extremes(ms: number, start: number, end: number): { least: number; most: number } {
    // Between two edges the busy time of a moving window changes evenly, so its extremes lie at edges.
    const starts = this.#edges
      .flatMap(({ from, to }) => [from, to, from - ms, to - ms])
      .filter((at) => at >= start && at + ms <= end);
    const busy = [start, end - ms, ...starts].map((at) => this.between(at, at + ms));
    return { least: Math.min(...busy), most: Math.max(...busy) };
  }
}
