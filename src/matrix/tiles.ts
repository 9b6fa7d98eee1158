/**
 * How an array is read: in tiles that fit the memory budget, made of runs that are contiguous in the
 * source and as long as the budget allows. `inner` is the axis whose values follow each other there.
 */
import { AppError, throwIfAborted } from '../core/errors.ts';
import { mapLimit } from '../core/async.ts';
import { type ArrayLayout, type RandomAccess, SOURCE_VALUE_BYTES } from './source.ts';

export interface Axes {
  readonly inner: number;
  readonly outer: number;
}

/**
 * The extent of a tile along both axes: whole multiples of `unit` (except where the array ends), at
 * least one unit each even when that is over `bytes`.
 */
export function tileExtent(total: Axes, unit: Axes, valueBytes: number, bytes: number): Axes {
  const fit = (perValue: number, step: number, most: number): number =>
    Math.min(most, Math.max(step, Math.floor(bytes / (perValue * valueBytes * step)) * step));
  const inner = fit(Math.min(unit.outer, total.outer), unit.inner, total.inner);
  const outer =
    inner === total.inner ? fit(inner, unit.outer, total.outer) : Math.min(unit.outer, total.outer);
  return { inner, outer };
}

export interface Tile extends Axes {
  readonly bytes: Uint8Array;
  /** Bytes between the starts of two runs. */
  readonly stride: number;
  /** The first index along both axes. */
  readonly at: Axes;
}

const READS_AT_ONCE = 8;

/** Reads tiles one after another into one buffer: a tile is valid until the next is asked for. */
export class TileReader {
  readonly #source: RandomAccess;
  readonly #layout: ArrayLayout;
  readonly #total: Axes;
  #buffer: Uint8Array | undefined;

  constructor(source: RandomAccess, layout: ArrayLayout, total: Axes) {
    this.#source = source;
    this.#layout = layout;
    this.#total = total;
  }

  async read(at: Axes, extent: Axes, signal?: AbortSignal): Promise<Tile> {
    const valueBytes = SOURCE_VALUE_BYTES[this.#layout.dtype];
    const stride = extent.inner * valueBytes;
    // The first tile is the largest.
    this.#buffer ??= new Uint8Array(extent.outer * stride);
    const place = (outer: number): number =>
      this.#layout.dataOffset + ((at.outer + outer) * this.#total.inner + at.inner) * valueBytes;
    if (extent.inner === this.#total.inner) {
      const bytes = await this.#read(place(0), extent.outer * stride, this.#buffer);
      return { ...extent, at, stride, bytes };
    }
    const buffer = this.#buffer;
    await mapLimit(
      Array.from({ length: extent.outer }, (_, outer) => outer),
      READS_AT_ONCE,
      async (outer) => {
        throwIfAborted(signal);
        const slot = buffer.subarray(outer * stride, (outer + 1) * stride);
        const run = await this.#read(place(outer), stride, slot);
        if (run.buffer !== slot.buffer) slot.set(run);
      },
    );
    return { ...extent, at, stride, bytes: buffer };
  }

  async #read(offset: number, length: number, into: Uint8Array): Promise<Uint8Array> {
    const bytes = await this.#source.read(offset, length, into);
    if (bytes.length !== length)
      throw new AppError('bad-file', 'the source returned fewer bytes than it has');
    return bytes;
  }
}
