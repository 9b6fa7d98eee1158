/**
 * What earlier devices of this visit taught: it outlives them. After a loss slices are halved, and a kernel that
 * ran at two losses is not used any more.
 */

/** Losses with a kernel at work before it is benched. */
const MAX_LOSSES = 2;
/** Below an eighth, slices would be mostly overhead. */
const LEAST_SLICE_SHARE = 1 / 8;

export class DeviceHistory {
  readonly #losses = new Map<string, number>();
  #total = 0;

  /** Devices lost so far. */
  get losses(): number {
    return this.#total;
  }

  /** Of the usual length of a slice. */
  get sliceShare(): number {
    return Math.max(LEAST_SLICE_SHARE, 1 / 2 ** this.#total);
  }

  /** A device was lost; `kernel` was at work, if any. */
  lost(kernel: string | undefined): void {
    this.#total += 1;
    if (kernel !== undefined) this.#losses.set(kernel, (this.#losses.get(kernel) ?? 0) + 1);
  }

  benched(kernel: string): boolean {
    return (this.#losses.get(kernel) ?? 0) >= MAX_LOSSES;
  }
}
